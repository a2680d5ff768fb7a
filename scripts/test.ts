// Builds the tool, then runs every test file in a process of its own, as many at a time as there are processors.
// uvu passes silently when a suite forgets `.run()` or a file registers nothing; here both fail.
import { spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { buildDist } from './build.ts'
import { type Coverage, createCoverage } from './coverage.ts'

interface Outcome {
  readonly file: string
  readonly output: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const root = new URL('..', import.meta.url).pathname

/** @param filters parts of paths: only the test files that hold one of them are run. */
async function testFiles(filters: readonly string[]): Promise<string[]> {
  const found = await readdir(`${root}test`, { recursive: true })
  const files = found
    .filter(file => file.endsWith('.test.ts'))
    .map(file => `test/${file}`)
    .filter(file => filters.length === 0 || filters.some(filter => file.includes(filter)))
  // The end-to-end files take longest: they go first.
  return files.sort((a, b) => Number(b.includes('e2e')) - Number(a.includes('e2e')) || a.localeCompare(b))
}

/** Suites that are made but never run: their tests would be silently left out. One function may make several. */
async function forgottenSuites(file: string): Promise<number> {
  const text = await readFile(`${root}${file}`, 'utf8')
  const made = text.match(/= suite(<.*>)?\(/g)?.length ?? 0
  const run = text.match(/\.run\(\)/g)?.length ?? 0
  return made === 0 && run === 0 ? 1 : made - run
}

async function runFile(file: string, coverage: Coverage | undefined): Promise<Outcome> {
  const executed = await coverage?.folder()
  const child = spawn(process.execPath, ['--import', 'tsx', file], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, NODE_V8_COVERAGE: executed },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', part => (output += part))
  const limit = setTimeout(() => child.kill('SIGKILL'), 10 * 60_000)
  const code = await new Promise<number | null>(done => child.on('close', done))
  clearTimeout(limit)
  if (code === null) output += '\nThis file was ended: it took more than ten minutes.\n'
  if (executed !== undefined) await coverage?.add(executed)

  const figure = (name: string) => Number(new RegExp(`^ *${name}: +(\\d+)`, 'm').exec(output)?.[1] ?? 0)
  const total = figure('Total')
  const passed = figure('Passed')
  let failed = total - passed
  const forgotten = await forgottenSuites(file)
  if (total === 0) output += '\nThis file ran no test.\n'
  if (forgotten > 0) output += '\nA suite of this file is never run: each needs one .run().\n'
  if (code !== 0 || total === 0 || forgotten > 0) failed = Math.max(1, failed)
  return { file, output, passed, failed, skipped: figure('Skipped') }
}

const sourceMaps = await buildDist()
const filters = process.argv.slice(2)
// Of some of the tests alone the figure would say nothing.
const coverage = filters.length === 0 ? await createCoverage(sourceMaps) : undefined
const waiting = await testFiles(filters)
const outcomes: Outcome[] = []
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const started = performance.now()
      const outcome = await runFile(file, coverage)
      outcomes.push(outcome)
      const seconds = ((performance.now() - started) / 1000).toFixed(1)
      console.log(`${outcome.failed > 0 ? 'FAIL' : 'ok  '} ${file}  ${outcome.passed} passed, ${seconds} s`)
      if (outcome.failed > 0) console.log(outcome.output)
      for (const [, remark] of outcome.output.matchAll(/^note: (.*)$/gm)) console.log(`     ${remark}`)
    }
  }),
)

const sum = (key: 'passed' | 'failed' | 'skipped') =>
  outcomes.reduce((total, outcome) => total + outcome[key], 0)
if (outcomes.length === 0) console.log('No test file matches.')
if (coverage !== undefined) console.log(`\n${await coverage.figure()}`)
if (sum('failed') > 0 || outcomes.length === 0) process.exitCode = 1
console.log(
  `\n${sum('passed')} passed, ${sum('failed')} failed${sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''}`,
)
