import { rejects } from 'node:assert'
import { spawn } from 'node:child_process'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { v3 } from '../../src/capi/api.ts'
import { type AuditEvent, readEvent } from '../../src/capi/event.ts'
import { Failed } from '../../src/errors.ts'
import { createNameResolver } from '../../src/names/resolve.ts'
import { type Column, moreColumns } from '../../src/reports/columns.ts'
import { event } from '../foundation/event.ts'
import { v3Resource } from '../foundation/serialise.ts'
import { listen } from '../messages.ts'
import { oneLane } from '../one-lane.ts'

/** Some of the columns that every report can show. */
const columns = (...keys: string[]): Column[] => moreColumns.filter(({ key }) => keys.includes(key))

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

async function* pages(log: string[]): AsyncGenerator<AuditEvent[]> {
  for (const number of [1, 2, 3]) {
    log.push(`read ${number}`)
    yield page(number)
  }
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

const resolving = suite('names while events pass through')

for (const inPlace of [false, true]) {
  resolving(
    `rows with names ${inPlace ? 'in place' : 'beside GUIDs'} wait for the last event and the lookups`,
    async () => {
      const log: string[] = []
      const resolver = createNameResolver(columns('target_guid'), inPlace)
      for await (const events of resolver.events(pages(log), lookup(log))) {
        const cells = events.map(each => resolver.columns.map(column => column.cell(each)).join('|'))
        log.push(`rows ${cells.join(' ')}`)
      }
      const row = inPlace ? 'last (deleted)' : `${app}|last (deleted)`
      assert.equal(log, [
        'read 1',
        'read 2',
        'read 3',
        'ask apps',
        `rows ${row} ${row}`,
        `rows ${row} ${row}`,
        `rows ${row} ${row}`,
      ])
      await resolver.close()
      await resolver.close()
    },
  )
}

resolving('records pass at once, names come last', async () => {
  const log: string[] = []
  const resolver = createNameResolver(undefined)
  for await (const events of resolver.events(pages(log), lookup(log))) log.push(`records ${events.length}`)
  const [rest, questions] = [log.slice(0, 6), log.slice(6)]
  assert.equal(rest, ['read 1', 'records 2', 'read 2', 'records 2', 'read 3', 'records 2'])
  assert.equal(questions.toSorted(), ['ask apps', 'ask audit_events', 'ask organizations', 'ask spaces'])
  assert.equal(JSON.parse(resolver.json())[app], {
    name: 'last',
    kind: 'app',
    source: 'event',
    state: 'deleted',
  })
})

resolving('a reading that fails costs no lookup', async () => {
  const log: string[] = []
  const resolver = createNameResolver(columns('target_guid'))
  async function* failing(): AsyncGenerator<AuditEvent[]> {
    yield page(1)
    throw new Error('cut')
  }
  await rejects(resolver.events(failing(), lookup(log)).next(), /cut/)
  assert.equal(log, [])
  await resolver.close()
})

resolving('what could not be resolved is said, and why', async () => {
  const log: string[] = []
  const resolver = createNameResolver(columns('target_guid', 'space_guid'))
  for await (const _ of resolver.events(pages(log), lookup(log)));
  const { messages, said } = listen()
  resolver.logOutcome(messages)
  assert.is(said.length, 1)
  assert.match(said[0]!, /^1 name of 2 GUIDs resolved with 3 lookups; .*1 space /)
  await resolver.close()
})

resolving('a kind that is looked up twice is asked for what is new', async () => {
  const log: string[] = []
  const resolver = createNameResolver(undefined)
  async function* one(number: number) {
    yield page(number)
  }
  for await (const _ of resolver.events(one(1), undefined));
  await resolver.lookUp(lookup(log), ['app'])
  assert.equal(log, ['ask audit_events', 'ask apps'])
  await resolver.lookUp(lookup(log), ['app'])
  assert.is(log.length, 2)
  await resolver.lookUp(lookup(log), ['space'])
  assert.is(log.length, 4)
  await resolver.close()
})

resolving('what a list has shown needs no lookup', async () => {
  const log: string[] = []
  const resolver = createNameResolver(columns('target_guid'))
  resolver.list('app', new Map([[app, 'store']]))
  for await (const _ of resolver.events(pages([]), lookup(log)));
  assert.equal(log, [])
  assert.equal(JSON.parse(resolver.json())[app], {
    name: 'store',
    kind: 'app',
    source: 'lookup',
    state: 'named',
  })
  await resolver.close()
})

resolving('where nothing needs a name, nothing is said', async () => {
  const resolver = createNameResolver(columns('target_guid'))
  for await (const _ of resolver.events((async function* () {})(), lookup([])));
  const { messages, said } = listen()
  resolver.logOutcome(messages)
  assert.equal(said, [])
  await resolver.close()
})

resolving('a list that cannot be asked is named once, with the reason', async () => {
  const resolver = createNameResolver(columns('space_guid'))
  const failing = {
    ...lookup([]),
    async client(path: string): Promise<never> {
      throw new Failed(`${/\/v3\/(\w+)/.exec(path)?.[1]} failed`, '')
    },
  }
  for await (const _ of resolver.events(pages([]), failing));
  const { messages, said } = listen()
  resolver.logOutcome(messages)
  assert.equal(said.slice(0, 2), [
    'warning: could not look up events: audit_events failed.',
    'warning: could not look up spaces: spaces failed.',
  ])
  assert.match(said[2] ?? '', /1 space not looked up\.$/)
  await resolver.close()
})

resolving('memory does not grow with the events', async () => {
  const peaks: number[] = []
  for (const count of [10, 40]) {
    const script = `
      import { createNameResolver } from './src/names/resolve.ts'
      import { reportNamed } from './src/reports/catalog.ts'
      import { readEvent } from './src/capi/event.ts'
      import { event } from './test/foundation/event.ts'
      import { v3Resource } from './test/foundation/serialise.ts'
      import { v3 } from './src/capi/api.ts'
      import { oneLane } from './test/one-lane.ts'
      const given = createNameResolver(reportNamed('events').columns)
      async function* pages() {
        for (let number = 0; number < ${count}; number++) {
          yield Array.from({ length: 5000 }, (_, each) => readEvent(Buffer.from(JSON.stringify(v3Resource(event({
            metadata: { request: { text: 'x'.repeat(300) + number } }, actee: 'app-' + (each % 100) }), 'https://x'))), 'v3', 'x'))
        }
      }
      const client = async (path, read) => ({ value: read(Buffer.from('{"pagination":{"total_results":0},"resources":[]}')), date: undefined })
      let rows = 0
      for await (const events of given.events(pages(), { client, api: v3, concurrency: oneLane })) rows += events.length
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
  // 150,000 events of 900 bytes: 135 MB more, if they were kept, and twice that as objects. Newer Nodes let the heap grow
  // further before they tidy it.
  assert.ok(many - few < 110, `${few.toFixed()} MB for 50,000 events, ${many.toFixed()} MB for 200,000`)
})
resolving.run()
