// Builds the tool, then runs the test files, in one process more than there are processors, for some of them wait. Files
// of a folder share a process, for to load all that they need costs more than most of them do.
// uvu passes silently when a suite forgets `.run()` or a file registers nothing; here both fail.
import { spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { buildDist } from './build.ts'
import { type Coverage, createCoverage } from './coverage.ts'

interface Outcome {
  readonly file: string
  readonly output: string
  readonly passed: number
  readonly failed: number
  readonly seconds: number
}

const root = new URL('..', import.meta.url).pathname

// A busy machine takes long; only what never ends is to be ended.
const longestMs = 10 * 60_000

/** @param filters parts of paths: only the test files that hold one of them are run. */
async function testFiles(filters: readonly string[]): Promise<string[]> {
  const found = await readdir(`${root}test`, { recursive: true })
  return found
    .filter(file => file.endsWith('.test.ts'))
    .map(file => `test/${file}`)
    .filter(file => filters.length === 0 || filters.some(filter => file.includes(filter)))
    .sort()
}

/** Folders whose tests take longest, and how many of their files share a process. They go first. */
const slow: Readonly<Record<string, number>> = {
  'test/e2e': 1,
  'test/archive': 1,
  'test/cf': 99,
  'test/generated': 1,
  'test/commands/report': 4,
  'test/commands/interactive': 1,
  'test/commands/evidence': 1,
  'test/commands/verify': 1,
  'test/commands/doctor': 9,
  'test/reports': 99,
}

/** The files of each process, in the order in which the processes are started: a folder in a process, if not in more. */
function processes(files: readonly string[]): string[][] {
  const folders = new Map(Object.keys(slow).map(folder => [folder, [] as string[]]))
  for (const file of files) {
    const folder = dirname(file)
    folders.set(folder, [...(folders.get(folder) ?? []), file])
  }
  return [...folders].flatMap(([folder, all]) => {
    const size = slow[folder] ?? all.length
    return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
      all.slice(index * size, (index + 1) * size),
    )
  })
}

/** Suites that are made but never run: their tests would be silently left out. */
async function forgottenSuites(file: string): Promise<number> {
  const text = await readFile(`${root}${file}`, 'utf8')
  const made = text.match(/= suite(<.*>)?\(/g)?.length ?? 0
  const run = text.match(/\.run\(\)/g)?.length ?? 0
  // One function may make several.
  return made === 0 && run === 0 ? 1 : Math.max(0, made - run)
}

/** What a process printed for one file, and how the process ended if it did so there. */
interface Part {
  readonly file: string
  output: string
  readonly started: number
  ended?: number
}

/** Runs files in one process; whatever one of them does to it, the rest is run. */
async function runFiles(files: readonly string[], coverage: Coverage | undefined): Promise<Outcome[]> {
  const executed = await coverage?.folder()
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/run-test-files.ts', ...files], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, NODE_V8_COVERAGE: executed },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const parts: Part[] = []
  let before = ''
  let limit: NodeJS.Timeout | undefined
  let isOver = false
  const next = (file: string) => {
    clearTimeout(limit)
    const now = performance.now()
    const last = parts.at(-1)
    if (last !== undefined) last.ended = now
    isOver = file === ''
    if (isOver) {
      // A test that failed may have left a server open.
      limit = setTimeout(() => child.kill('SIGKILL'), 60_000)
      return
    }
    parts.push({ file, output: '', started: now })
    limit = setTimeout(() => {
      parts.at(-1)!.output += `\nIt did not end within ${longestMs / 60_000} minutes, and was killed.\n`
      child.kill('SIGKILL')
    }, longestMs)
  }
  const add = (output: string) => {
    const part = parts.at(-1)
    if (part === undefined) before += output
    else part.output += output
  }
  let line = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (line + text).split('\n')
    line = lines.pop() ?? ''
    for (const each of lines) {
      const file = /^@@ ?(.*)$/.exec(each)?.[1]
      if (file === undefined) add(`${each}\n`)
      else next(file)
    }
  })
  child.stdout.on('end', () => add(line))
  child.stderr.setEncoding('utf8').on('data', add)
  const end = await new Promise<string>(done =>
    child.on('close', (code, signal) => done(signal === null ? `exit code ${code}` : `${signal}`)),
  )
  clearTimeout(limit)
  if (executed !== undefined) await coverage?.add(executed)
  if (parts.length === 0) parts.push({ file: files[0]!, output: before, started: performance.now() })
  if (!isOver) parts.at(-1)!.output += `\nIts process ended before its tests did: ${end}.\n`

  const outcomes = await Promise.all(parts.map(part => outcomeOf(part)))
  const left = files.slice(parts.length)
  return left.length === 0 ? outcomes : [...outcomes, ...(await runFiles(left, coverage))]
}

async function outcomeOf({ file, output, started, ended }: Part): Promise<Outcome> {
  const figure = (name: string) => Number(new RegExp(`^ *${name}: +(\\d+)`, 'm').exec(output)?.[1] ?? 0)
  const total = figure('Total')
  const passed = figure('Passed')
  const forgotten = await forgottenSuites(file)
  const isSkipped = /^note: /m.test(output)
  const isEmpty = ended !== undefined && total === 0 && !isSkipped
  const isWhole = ended !== undefined && !isEmpty && forgotten === 0
  const why = [
    ...(isEmpty ? ['It ran no test.'] : []),
    ...(forgotten === 0 ? [] : ['A suite of this file is never run: each needs one .run().']),
  ]
  return {
    file,
    output: [output, ...why].join('\n'),
    passed,
    failed: isWhole ? total - passed : Math.max(1, total - passed),
    seconds: ((ended ?? performance.now()) - started) / 1000,
  }
}

function report({ file, output, passed, failed, seconds }: Outcome): void {
  console.log(`${failed > 0 ? 'FAIL' : 'ok  '} ${file}  ${passed} passed, ${seconds.toFixed(1)} s`)
  if (failed > 0) console.log(output)
  for (const [, note] of output.matchAll(/^note: (.*)$/gm)) console.log(`     note: ${note}`)
}

await buildDist()
const filters = process.argv.slice(2)
// Of some of the tests alone the figure would mean nothing.
const coverage = filters.length === 0 ? await createCoverage() : undefined
const waiting = processes(await testFiles(filters))
const outcomes: Outcome[] = []
await Promise.all(
  Array.from({ length: availableParallelism() + 1 }, async () => {
    for (let files = waiting.shift(); files !== undefined; files = waiting.shift()) {
      for (const outcome of await runFiles(files, coverage)) {
        outcomes.push(outcome)
        report(outcome)
      }
    }
  }),
)

const sum = (key: 'passed' | 'failed') => outcomes.reduce((total, outcome) => total + outcome[key], 0)
if (outcomes.length === 0) console.log('No test file matches.')
if (coverage !== undefined) console.log(`\n${await coverage.figure()}`)
if (sum('failed') > 0 || outcomes.length === 0) process.exitCode = 1
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`)
