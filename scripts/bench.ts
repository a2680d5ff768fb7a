// Times cf-audit against what a user would run instead, side by side in one run, on the sample foundation: a table of
// ratios. CF_AUDIT_TEST_CF names a real cf to run both through; else the stand-in of the tests runs both.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readManifests, writeManifest } from '../src/archive/manifest.ts'
import { createPart } from '../src/archive/parts.ts'
import { recipe } from '../src/commands/report/explain.ts'
import { reportNamed } from '../src/reports/catalog.ts'
import { seconds as isoSeconds } from '../src/time.ts'
import { startFoundation } from '../test/foundation/foundation.ts'
import { type InstalledCf, installCf } from '../test/foundation/install-cf.ts'
import { type SampleOptions, sampleFoundation } from '../test/foundation/sample.ts'
import { v2Resource, v3Resource } from '../test/foundation/serialise.ts'
import type { StoredEvent } from '../test/foundation/store.ts'
import { buildDist } from './build.ts'

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const realCf = process.env.CF_AUDIT_TEST_CF || undefined
const work = mkdtempSync(join(tmpdir(), 'cf-audit-bench-'))
const asked = process.argv.slice(2)

interface Command {
  readonly file: string
  readonly args: readonly string[]
}

const ours = (...args: string[]): Command => ({ file: process.execPath, args: [cli, ...args] })
const shell = (script: string): Command => ({ file: 'sh', args: ['-ec', script] })

/** Runs a command to its end; its output goes where nobody looks. Gives seconds. */
async function time({ file, args }: Command, env: NodeJS.ProcessEnv): Promise<number> {
  const started = performance.now()
  const child = spawn(file, args, { env, stdio: ['ignore', openSync('/dev/null', 'w'), 'pipe'] })
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', part => (stderr += part))
  const code = await new Promise(done => child.on('close', done))
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}: ${stderr.slice(-500)}`)
  return (performance.now() - started) / 1000
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const nothing: Command = { file: process.execPath, args: ['-e', '0'] }

/** The median time of a command, after one run that does not count. */
async function usual(command: Command, env: NodeJS.ProcessEnv, runs = 7): Promise<number> {
  const times: number[] = []
  for (let run = 0; run <= runs; run++) times.push(await time(command, env))
  return median(times.slice(1))
}

/** The least that a report could take: Node starts, and one call of cf is answered. */
async function floor(path: string, env: NodeJS.ProcessEnv): Promise<number> {
  return (await usual(nothing, env)) + (await usual(shell(`cf curl '${path}'`), env))
}

/** Both commands in turn, after one run of each that does not count. */
async function compare(
  mine: Command,
  theirs: Command,
  env: NodeJS.ProcessEnv,
  runs: number,
  beforeMine: () => void = () => {},
) {
  const pairs: [number, number][] = []
  for (let run = 0; run <= runs; run++) {
    beforeMine()
    const pair: [number, number] = [await time(mine, env), await time(theirs, env)]
    if (run > 0 || runs === 1) pairs.push(pair)
    if (runs === 1) break
  }
  return {
    mine: median(pairs.map(([a]) => a)),
    theirs: median(pairs.map(([, b]) => b)),
    ratio: median(pairs.map(([a, b]) => a / b)),
  }
}

const rows: string[] = []
/** @param limit what no program that runs on Node and calls cf could undercut: one start of Node, one call of cf. */
function row(
  what: string,
  mine: string,
  against: string,
  ratio: string,
  target: string,
  limit: number | undefined = undefined,
): void {
  rows.push(
    `| ${what} | ${mine} | ${against} | ${ratio} | ${target} | ${limit === undefined ? '' : seconds(limit)} |`,
  )
  console.error(rows.at(-1))
}

const seconds = (value: number) => (value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(2)} s`)
const wanted = (name: string) => asked.length === 0 || asked.includes(name)

/** The sample foundation with so many events, and a cf that is logged in to it. */
async function withFoundation(
  events: number,
  latencyMs: number,
  user: string,
  use: (env: NodeJS.ProcessEnv, cf: InstalledCf) => Promise<void>,
  more: SampleOptions = {},
): Promise<void> {
  const sample = sampleFoundation({ events, ...more })
  const foundation = await startFoundation({ ...sample, latencyMs })
  const cf = installCf({
    foundation,
    session: foundation.login(user),
    org: sample.org,
    ...(realCf === undefined ? {} : { bin: realCf }),
  })
  try {
    await use(
      { ...process.env, ...cf.env, CF_STANDIN_LOG: undefined, CF_AUDIT_CACHE: join(work, 'cache') },
      cf,
    )
  } finally {
    cf.remove()
    await foundation.close()
  }
}

const auditor = 'auditor@example.gov'

async function onePage(): Promise<void> {
  const page = shell(recipe(reportNamed('routes'), 'demo-org', 'csv').join('\n'))
  await withFoundation(200, 100, auditor, async env => {
    const mine = ours('routes', 'demo-org', '-f', 'csv')
    const result = await compare(mine, page, env, 15)
    row(
      'one page',
      seconds(result.mine),
      `the page's recipe: ${seconds(result.theirs)}`,
      `${result.ratio.toFixed(2)}x its time`,
      '≤ 1.3x (Node 24: 1.1x)',
      await floor('/v3/audit_events?per_page=1', env),
    )
    const forget = () => rmSync(join(work, 'cache'), { recursive: true, force: true })
    const first = await compare(mine, page, env, 15, forget)
    row(
      'one page, the first run on a machine',
      seconds(first.mine),
      `the page's recipe: ${seconds(first.theirs)}`,
      `${first.ratio.toFixed(2)}x its time`,
      '≤ 1.5x',
    )
  })
}

async function manyPages(): Promise<void> {
  // What people write around the page's recipe to get past its first 50 rows.
  const loop = shell(`GUID=$(cf org demo-org --guid)
    page=1
    while :; do
      body=$(cf curl "/v2/events?q=organization_guid:$GUID&results-per-page=100&page=$page")
      printf '%s\\n' "$body" | jq -c -r '.resources[].entity | [ .timestamp, .actor_username, .type, .actee_name ] | @csv' | sed -e s/\\"//g
      [ "$(printf '%s\\n' "$body" | jq -r .next_url)" = null ] && break
      page=$((page + 1))
    done`)
  await withFoundation(20_000, 100, auditor, async env => {
    const theirs = median([await time(loop, env), await time(loop, env), await time(loop, env)])
    for (const [api, runs, target] of [
      ['v3', 7, 25],
      ['v2', 3, 4],
    ] as const) {
      const mine: number[] = []
      for (let run = 0; run <= runs; run++)
        mine.push(await time(ours('events', 'demo-org', '-f', 'csv', '--api', api), env))
      const middle = median(mine.slice(1))
      row(
        `20,000 events, ${api}`,
        seconds(middle),
        `shell loop over pages: ${seconds(theirs)}`,
        `${(theirs / middle).toFixed(1)}x faster`,
        `≥ ${target}x`,
        await floor(api === 'v3' ? '/v3/audit_events?per_page=5000' : '/v2/events?results-per-page=100', env),
      )
    }
  })
}

/** The largest resident set of one run of ours, in MB: the process itself writes it down as it exits. */
async function peak(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const file = join(work, 'peak')
  const hook = `import{writeFileSync}from'node:fs';process.argv[1]===${JSON.stringify(cli)}&&process.on('exit',()=>writeFileSync(${JSON.stringify(file)},String(process.resourceUsage().maxRSS)))`
  await time(ours(...args), {
    ...env,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}`,
  })
  return Number(readFileSync(file, 'utf8')) / 1024
}

async function memory(): Promise<void> {
  const peaks: number[] = []
  for (const events of [50_000, 1_000_000]) {
    await withFoundation(events, 0, 'admin@example.gov', async env => {
      peaks.push(await peak(['events', '-f', 'csv', '-q'], env))
    })
  }
  const [small = 0, large = 0] = peaks
  row(
    'peak memory, 1,000,000 events',
    `${large.toFixed(0)} MB`,
    `50,000 events: ${small.toFixed(0)} MB`,
    `${(large / small).toFixed(2)}x`,
    '≤ 1.5x',
  )
}

/** How often one run of ours calls cf, as it tells itself. */
async function calls(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, [cli, ...args, '--verbose'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let told = ''
  child.stderr.setEncoding('utf8').on('data', part => (told += part))
  await new Promise(done => child.on('close', done))
  return told.match(/^cf /gm)?.length ?? 0
}

/** An org of 50 spaces, 300 users and 10,000 events; its auditor can list neither apps nor service instances. */
async function names(): Promise<void> {
  const without = ['events', 'demo-org', '-f', 'csv', '--wide']
  await withFoundation(
    14_480,
    100,
    auditor,
    async env => {
      const result = await compare(ours(...without, '--names'), ours(...without), env, 5)
      const counts = [await calls([...without, '--names'], env), await calls(without, env)]
      row(
        '10,000 events, `--names`',
        `${seconds(result.mine)}, ${counts[0]} calls of cf`,
        `without it: ${seconds(result.theirs)}, ${counts[1]} calls`,
        `${result.ratio.toFixed(1)}x its time`,
        '',
      )
    },
    { spaces: 50, users: 300 },
  )
}

/** Everything that an assessor gets, against the events alone. */
async function evidence(): Promise<void> {
  const bag = join(work, 'bag')
  const ndjson = join(work, 'events.ndjson')
  // As many as demo-org has 20,000 of.
  await withFoundation(29_000, 100, auditor, async env => {
    const mine: Command = {
      file: 'sh',
      args: ['-ec', `rm -rf "$2"; exec "$0" "$1" evidence demo-org -O "$2"`, process.execPath, cli, bag],
    }
    const result = await compare(mine, ours('events', 'demo-org', '-O', ndjson, '--force'), env, 7)
    row(
      '20,000 events, `evidence`',
      seconds(result.mine),
      `\`events -O\`: ${seconds(result.theirs)}`,
      `${result.ratio.toFixed(2)}x its time`,
      '≤ 2x',
    )
  })
}

async function startUp(): Promise<void> {
  const result = await compare(ours('--help'), nothing, process.env, 21)
  row(
    '--help',
    seconds(result.mine),
    `node -e 0: ${seconds(result.theirs)}`,
    `${result.ratio.toFixed(2)}x its time`,
    '≤ 2x',
    result.theirs,
  )
}

async function formatting(): Promise<void> {
  const report = reportNamed('service-instances')
  const { types = [], cells = [] } = report.documented ?? {}
  const samples = [1, 2, 3].map(seed => sampleFoundation({ events: 200_000, lazy: false, seed }))
  const events = samples
    .flatMap(sample => sample.events as readonly Parameters<typeof v2Resource>[0][])
    .filter(({ type }) => types.includes(type))
  // Samples of different seeds share a GUID now and then.
  const resources = [...new Map(events.map(event => [event.guid, event])).values()].map(event =>
    JSON.stringify(v2Resource(event)),
  )
  const file = join(work, 'saved.json')
  writeFileSync(
    file,
    `{"total_results":${resources.length},"total_pages":1,"prev_url":null,"next_url":null,"resources":[${resources.join(',')}]}`,
  )
  const theirs = shell(
    `jq -c -r '.resources[].entity | [ ${cells.join(', ')} ] | @csv' ${file} | sed -e s/\\"//g`,
  )
  const result = await compare(ours('format', report.name, file, '--as-documented'), theirs, process.env, 7)
  const rate = (time: number) => `${Math.round(resources.length / time / 1000)}k rows/s`
  row(
    `format, ${resources.length} events`,
    rate(result.mine),
    `jq and sed: ${rate(result.theirs)}`,
    `${result.ratio.toFixed(2)}x its time`,
    '≤ 1x',
  )
}

const day = 86_400_000

/** An archive with a run a day, and so many events in all. */
async function writeArchive(archive: string, from: string, days: number, events: number): Promise<void> {
  const sample = sampleFoundation({ events: 20_000 })
  const kinds = (sample.events as readonly StoredEvent[])
    .filter(({ orgGuid }) => orgGuid === sample.org.guid)
    .map(event => v3Resource(event, 'https://api.example.gov'))
  const host = 'api.example.gov'
  const org = { guid: sample.org.guid, name: sample.org.name }
  mkdirSync(join(archive, 'runs'), { recursive: true })
  let written = 0
  for (let index = 0; index < days; index++) {
    const start = Date.parse(from) + index * day
    const [at, until] = [start, start + day].map(isoSeconds) as [string, string]
    const id = `run${index}`
    const place = `foundation=${host}/org=${org.guid}`
    const part = createPart(archive, `events/${place}/month=${at.slice(0, 7)}`, id)
    const count = Math.round((events * (index + 1)) / days) - written
    for (let number = 0; number < count; number++, written++) {
      const guid = `00000000-0000-4000-8000-${written.toString(16).padStart(12, '0')}`
      const created_at = isoSeconds(start + (number / count) * day)
      await part.write(
        Buffer.from(`${JSON.stringify({ ...kinds[written % kinds.length]!, guid, created_at })}\n`),
      )
    }
    const last = isoSeconds(start + day - 1000)
    const parts = [{ ...(await part.close(`events-${at.slice(0, 10)}-${id}.ndjson.gz`)), first: at, last }]
    const names = createPart(archive, `names/${place}`, id)
    for (const { guid, name } of sample.spaces)
      await names.write(Buffer.from(`${JSON.stringify({ guid, name, kind: 'space' })}\n`))
    const before = (await readManifests(archive)).at(-1)
    await writeManifest(
      archive,
      {
        version: 1,
        run: id,
        started: until,
        ended: until,
        tool: { name: 'cf-audit', version: 'bench' },
        foundation: { host, url: `https://${host}` },
        user: 'bench',
        previous: before === undefined ? null : { file: before.file, sha256: before.sha256 },
        orgs: [
          {
            ...org,
            read: { from: at, until },
            counted: count,
            added: count,
            parts,
            names: await names.close(`names-${id}.ndjson.gz`),
            roles: null,
            covers: { from: at, until },
            gap: null,
            vanished: [],
            verdict: { state: 'complete', reasons: [] },
          },
        ],
      },
      before?.file,
    )
  }
}

/** A month of a year of 1,000,000 events, against the parts of that month through jq. */
async function archive(): Promise<void> {
  const [year, month] = [join(work, 'year'), join(work, 'month')]
  await writeArchive(year, '2026-01-01T00:00:00Z', 365, 1_000_000)
  await writeArchive(month, '2026-06-01T00:00:00Z', 30, Math.round((1_000_000 * 30) / 365))
  const report = (path: string) => ['format', 'events', path, '--month', '2026-06', '--strict', '-f', 'csv']
  const fields =
    '.created_at, .actor.name, .type, .target.name, .target.type, .space.guid, .organization.guid, .guid'
  const theirs = shell(`zcat ${year}/events/*/*/month=2026-06/*.gz | jq -r '[${fields}] | @csv'`)
  const result = await compare(ours(...report(year)), theirs, process.env, 7)
  const [large, small] = [await peak(report(year), process.env), await peak(report(month), process.env)]
  row(
    'a month of an archive of 1,000,000 events',
    seconds(result.mine),
    `zcat and jq on the parts of the month: ${seconds(result.theirs)}`,
    `${result.ratio.toFixed(2)}x its time`,
    '',
  )
  row(
    'its peak memory',
    `${large.toFixed(0)} MB`,
    `an archive of that month alone: ${small.toFixed(0)} MB`,
    `${(large / small).toFixed(2)}x`,
    '≤ 1.5x',
  )
}

await buildDist()
console.error(
  `Through ${realCf ?? 'the stand-in cf of the tests'}; ${cpus().length} cores, Node ${process.version}.`,
)
try {
  if (wanted('start-up')) await startUp()
  if (wanted('one-page')) await onePage()
  if (wanted('format')) await formatting()
  if (wanted('many-pages')) await manyPages()
  if (wanted('names')) await names()
  if (wanted('evidence')) await evidence()
  if (wanted('memory')) await memory()
  if (wanted('archive')) await archive()
  console.log(
    [
      '| what | cf-audit | against | ratio | target | limit |',
      '| --- | --- | --- | --- | --- | --- |',
      ...rows,
    ].join('\n'),
  )
} finally {
  rmSync(work, { recursive: true, force: true })
}
