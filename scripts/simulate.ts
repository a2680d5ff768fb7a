// Reads listings through 100,000 generated schedules of rows that come and go, and counts what is lost, given twice, or
// falsely said to be all: by the reader that cf-audit has, and by the one that it had. Fails where the reader does.
// npm run simulate -- [schedules] [seed]
import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { fc } from '../test/generated/check.ts'
import { byOffset } from '../test/simulation/offset-reader.ts'
import { onGroundOfControl, type Schedule, schedules } from '../test/simulation/schedules.ts'
import { byTime, type Reader, simulate } from '../test/simulation/simulate.ts'

interface Tally {
  schedules: number
  requests: number
  /** Ended with "Incomplete". */
  unproven: number
  /** Said to be complete, and rows are missing, there twice, or something else is wrong. */
  false: number
}

type Tallies = Record<'reader' | 'roles given back' | 'reader before', Tally>

const noTally = (): Tally => ({ schedules: 0, requests: 0, unproven: 0, false: 0 })
const noTallies = (): Tallies => ({
  reader: noTally(),
  'roles given back': noTally(),
  'reader before': noTally(),
})

async function note(tally: Tally, reader: Reader, schedule: Schedule): Promise<boolean> {
  const { isComplete, requests, lost, doubled, wrong } = await simulate(reader, schedule)
  const isFalse = lost.length + doubled.length + wrong.length > 0
  tally.schedules++
  tally.requests += requests
  if (!isComplete) tally.unproven++
  if (isFalse) tally.false++
  return !isFalse
}

/** Runs a part of the schedules; the smallest that breaks the reader is in the error. */
async function run(count: number, seed: number): Promise<Tallies> {
  const tallies = noTallies()
  const property = fc.asyncProperty(schedules, async schedule => {
    const isFine = await note(tallies.reader, byTime, schedule)
    const flips = { ...schedule, installation: { ...schedule.installation, flips: true } }
    await note(tallies['roles given back'], byTime, flips)
    const fair = onGroundOfControl(schedule)
    if (fair !== undefined) await note(tallies['reader before'], byOffset, fair)
    return isFine
  })
  await fc.assert(property, { numRuns: count, seed, includeErrorInReport: true })
  return tallies
}

const [count = 100_000, seed = 20261123] = process.argv.slice(2).map(Number)

if (process.send !== undefined) process.send(await run(count, seed))
else {
  const processes = availableParallelism()
  const started = performance.now()
  const sum = noTallies()
  await Promise.all(
    Array.from({ length: processes }, async (_, number) => {
      const args = [Math.ceil(count / processes), seed + number].map(String)
      const child = fork(fileURLToPath(import.meta.url), args, { execArgv: ['--import', 'tsx'] })
      let tallies = noTallies()
      child.once('message', message => {
        tallies = message as Tallies
      })
      const code = await new Promise(done => child.once('close', done))
      if (code !== 0) process.exitCode = 1
      for (const [name, tally] of Object.entries(tallies)) {
        const total = sum[name as keyof Tallies]
        for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += tally[key]
      }
    }),
  )
  console.table(sum)
  console.log(`${Math.round((performance.now() - started) / 1000)} s, seed ${seed}`)
}
