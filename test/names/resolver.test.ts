import { spawn } from 'node:child_process'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { v3 } from '../../src/capi/api.ts'
import { type AuditEvent, readEvent } from '../../src/capi/event.ts'
import { oneLane } from '../../src/capi/slice-queue.ts'
import { createNameResolver } from '../../src/names/resolve.ts'
import { type OutputArgs, planOutput } from '../../src/options/output.ts'
import { reportNamed } from '../../src/reports/catalog.ts'
import type { Messages } from '../../src/ui/messages.ts'
import { event } from '../foundation/event.ts'
import { v3Resource } from '../foundation/serialise.ts'

const args: OutputArgs = {
  header: true,
  excel: false,
  guard: true,
  asDocumented: false,
  unredacted: false,
  resolve: true,
}
const app = '61707030-0000-4000-8000-000000000000'
const page = (number: number): AuditEvent[] =>
  [1, 2].map(each =>
    readEvent(
      Buffer.from(
        JSON.stringify(
          v3Resource(
            event({
              guid: `event-${number}-${each}`,
              actee: app,
              acteeName: number === 3 ? 'last' : '',
              type: number === 3 ? 'audit.app.delete-request' : 'audit.app.stop',
            }),
            'https://api.example.gov',
          ),
        ),
      ),
      'v3',
      'x',
    ),
  )

async function* pages(log: string[]): AsyncGenerator<AuditEvent[], string> {
  for (const number of [1, 2, 3]) {
    log.push(`read ${number}`)
    yield page(number)
  }
  return 'the proof'
}

const lookup = (log: string[]) => ({
  api: v3,
  concurrency: oneLane,
  async client<T>(path: string, read: (body: Buffer) => T) {
    log.push(`ask ${/\/v3\/(\w+)/.exec(path)?.[1]}`)
    const body = JSON.stringify({ pagination: { total_results: 0 }, resources: [] })
    return { value: read(Buffer.from(body)), date: undefined }
  },
})

const resolving = suite('a report that resolves GUIDs')

for (const format of ['csv', 'table'] as const) {
  resolving(`${format}: no row before the last event is read and the names are known`, async () => {
    const log: string[] = []
    const given = createNameResolver(
      planOutput(reportNamed('events'), { ...args, format, columns: 'target_guid' }, false),
    )
    const events = given.events(pages(log), lookup(log))
    let step = await events.next()
    for (; !step.done; step = await events.next()) {
      const cells = step.value.map(each => given.plan.columns.map(column => column.cell(each)).join('|'))
      log.push(`rows ${cells.join(' ')}`)
    }
    const row = `${app}|last (deleted)`
    assert.equal(log, [
      'read 1',
      'read 2',
      'read 3',
      'ask apps',
      `rows ${row} ${row}`,
      `rows ${row} ${row}`,
      `rows ${row} ${row}`,
    ])
    assert.is(step.value, 'the proof')
    await given.close()
    await given.close()
  })
}

for (const format of ['json', 'ndjson'] as const) {
  resolving(`${format}: records pass at once, names come last`, async () => {
    const log: string[] = []
    const plan = planOutput(reportNamed('events'), { ...args, format }, false)
    const given = createNameResolver(plan)
    assert.is(given.plan, plan)
    const events = given.events(pages(log), lookup(log))
    let step = await events.next()
    for (; !step.done; step = await events.next()) log.push(`records ${step.value.length}`)
    assert.is(step.value, 'the proof')
    const [rest, questions] = [log.slice(0, 6), log.slice(6)]
    assert.equal(rest, ['read 1', 'records 2', 'read 2', 'records 2', 'read 3', 'records 2'])
    assert.equal(questions.toSorted(), ['ask apps', 'ask audit_events', 'ask organizations', 'ask spaces'])
    assert.equal(JSON.parse(given.json())[app], {
      name: 'last',
      kind: 'app',
      source: 'event',
      state: 'deleted',
    })
  })
}

resolving('a reading that fails costs no question', async () => {
  const log: string[] = []
  const given = createNameResolver(
    planOutput(reportNamed('events'), { ...args, format: 'csv', columns: 'target_guid' }, false),
  )
  async function* failing(): AsyncGenerator<AuditEvent[], string> {
    yield page(1)
    throw new Error('cut')
  }
  const events = given.events(failing(), lookup(log))
  try {
    await events.next()
    assert.unreachable()
  } catch (error) {
    assert.match(String(error), 'cut')
  }
  assert.equal(log, [])
  await given.close()
})

resolving('what could not be resolved is told, and why', async () => {
  const log: string[] = []
  const given = createNameResolver(
    planOutput(reportNamed('events'), { ...args, format: 'csv', columns: 'target_guid,space_guid' }, false),
  )
  const events = given.events(pages(log), lookup(log))
  while (!(await events.next()).done);
  const said: string[] = []
  const messages: Messages = { info: text => said.push(text), warn() {}, debug() {}, error() {} }
  given.logOutcome(messages)
  assert.match(said[0] ?? '', 'Names of 2 GUIDs (1 deleted): 1 by events, 0 by lists, 1 not found (')
  assert.match(said[1] ?? '', '1 space not visible: no event that you may see names them')
})

resolving('memory does not grow with the events', async () => {
  const peaks: number[] = []
  for (const count of [15, 60]) {
    const script = `
      import { createNameResolver } from './src/names/resolve.ts'
      import { planOutput } from './src/options/output.ts'
      import { reportNamed } from './src/reports/catalog.ts'
      import { readEvent } from './src/capi/event.ts'
      import { event } from './test/foundation/event.ts'
      import { v3Resource } from './test/foundation/serialise.ts'
      import { v3 } from './src/capi/api.ts'
      import { oneLane } from './src/capi/slice-queue.ts'
      const given = createNameResolver(planOutput(reportNamed('events'), { format: 'csv', header: true, excel: false, guard: true, asDocumented: false, unredacted: false, resolve: true }, false))
      async function* pages() {
        for (let number = 0; number < ${count}; number++) {
          yield Array.from({ length: 5000 }, (_, each) => readEvent(Buffer.from(JSON.stringify(v3Resource(event({
            metadata: { request: { text: 'x'.repeat(300) + number } }, actee: 'app-' + (each % 100) }), 'https://x'))), 'v3', 'x'))
        }
      }
      const client = async (path, read) => ({ value: read(Buffer.from('{"pagination":{"total_results":0},"resources":[]}')), date: undefined })
      const events = given.events(pages(), { client, api: v3, concurrency: oneLane })
      let rows = 0
      for (let step = await events.next(); !step.done; step = await events.next()) rows += step.value.length
      if (rows !== ${count * 5000}) throw new Error(String(rows))
      console.log(process.resourceUsage().maxRSS)`
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: new URL('../..', import.meta.url).pathname,
    })
    let out = ''
    child.stdout.setEncoding('utf8').on('data', part => (out += part))
    assert.is(await new Promise(done => child.on('close', done)), 0)
    peaks.push(Number(out) / 1024)
  }
  const [few = 0, many = 0] = peaks
  // 225,000 events of 900 bytes: 200 MB more, if they were kept, and twice that as objects. Newer Nodes let the heap grow
  // further before they tidy it.
  assert.ok(many - few < 170, `${few.toFixed()} MB for 75,000 events, ${many.toFixed()} MB for 300,000`)
})
resolving.run()
