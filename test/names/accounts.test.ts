import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ApiName, type AuditEvent, readEvent } from '../../src/capi/event.ts'
import { createAccounts } from '../../src/names/columns.ts'
import { reportNamed } from '../../src/reports/catalog.ts'
import type { Column } from '../../src/reports/columns.ts'
import { event } from '../foundation/event.ts'
import { v2Resource, v3Resource } from '../foundation/serialise.ts'
import type { StoredEvent } from '../foundation/store.ts'
import { listen } from '../messages.ts'

const by = (actor: string, parts: Partial<StoredEvent> = {}, api: ApiName = 'v3'): AuditEvent => {
  const stored = event({
    actor,
    actorName: 'operators@example.gov',
    actorUsername: `name of ${actor}`,
    ...parts,
  })
  const resource = api === 'v2' ? v2Resource(stored) : v3Resource(stored, 'https://api.x')
  return readEvent(Buffer.from(JSON.stringify(resource)), api, 'here')
}

/** The cells of a column of some pages, and what is said. */
function cellsOf(
  pages: readonly AuditEvent[][],
  own: readonly Column[] = reportNamed('events').columns,
  key = 'actor',
) {
  const accounts = createAccounts()
  const { columns, cells: rowOf, mayChange } = accounts.columns(own)
  assert.ok(mayChange)
  const rows = pages.flatMap(page => {
    accounts.note(page)
    return page.map(rowOf)
  })
  const column = columns.find(each => each.key === key)
  const cells = rows.map(row => column?.cell(row))
  const { messages, said } = listen()
  accounts.logWarnings(messages)
  return { cells, said }
}

const accounts = suite('users who share a name')

accounts('stand with their GUID beside it, and nobody else does', () => {
  const { cells, said } = cellsOf([[by('a'), by('b'), by('c', { actorName: 'carol@example.gov' }), by('a')]])
  assert.equal(cells, [
    'operators@example.gov (a)',
    'operators@example.gov (b)',
    'carol@example.gov',
    'operators@example.gov (a)',
  ])
  assert.is(said.length, 1)
  assert.match(said[0]!, /^warning: operators@example\.gov is the name of 2 users/)
})

accounts('several names are told in one line', () => {
  const named = (name: string) => ['a', 'b'].map(guid => by(`${guid} ${name}`, { actorName: name }))
  const { said } = cellsOf([['ann', 'bea', 'carol', 'dan'].flatMap(named)])
  assert.equal(said, [
    'warning: ann, bea, carol and 1 more are each the name of several users; their GUIDs are shown beside it.',
  ])
})

accounts('one user has no need of it', () => {
  const { cells, said } = cellsOf([[by('a'), by('a')], [by('a')]])
  assert.equal(new Set(cells), new Set(['operators@example.gov']))
  assert.equal(said, [])
})

accounts('cells that were read before the second one have changed, and no others', () => {
  const accounts = createAccounts()
  const { columns, cells, hasChanged } = accounts.columns(reportNamed('events').columns)
  const [actor] = columns.filter(({ key }) => key === 'actor')
  const show = (event: AuditEvent) => {
    accounts.note([event])
    return actor!.cell(cells(event))
  }
  show(by('a'))
  show(by('c', { actorName: 'carol@example.gov' }))
  assert.not.ok(hasChanged())
  show(by('b'))
  assert.ok(hasChanged())
})

accounts('in rows before the second one, too', () => {
  const { cells } = cellsOf([[by('a')], [by('a'), by('b')]])
  assert.equal(cells, ['operators@example.gov (a)', 'operators@example.gov (a)', 'operators@example.gov (b)'])
})

accounts('whom something was done to, who may be of two origins', () => {
  const roles = ['a', 'b'].map(actee =>
    by('x', { type: 'audit.user.space_developer_add', acteeType: 'user', actee, acteeName: 'ann' }),
  )
  for (const [report, key] of [
    ['user-access', 'user'],
    ['events', 'target'],
  ] as const) {
    assert.equal(cellsOf([roles], reportNamed(report).columns, key).cells, ['ann (a)', 'ann (b)'])
  }
})

accounts('columns without a user wait for nothing, and words stay words', () => {
  const shown = reportNamed('routes').columns
  const { mayChange } = createAccounts().columns(shown.filter(({ key }) => key !== 'actor'))
  assert.not.ok(mayChange)
  const { columns, cells } = createAccounts().columns(shown.filter(({ key }) => key === 'type'))
  const row = cells(by('a', { type: 'audit.route.create' }))
  assert.equal([columns[0]!.cell(row), columns[0]!.words?.(row)], ['audit.route.create', 'Route created'])
})

accounts('API v2 has their user names', () => {
  assert.equal(cellsOf([[by('a', {}, 'v2'), by('b', {}, 'v2')]]).cells, ['name of a', 'name of b'])
})

accounts('clients and what is no user have names of their own', () => {
  const processes = ['a', 'b'].map(guid => by(guid, { actorType: 'process', actorName: 'web' }))
  const clients = ['x', 'y'].map(guid => by(guid, { actorName: '', actorUsername: '' }))
  const sameName = by('p', { actorType: 'process', actorName: 'operators@example.gov' })
  assert.is(cellsOf([[by('a'), by('b'), sameName]]).cells[2], 'operators@example.gov')
  assert.equal(cellsOf([[...processes, ...clients]]), { cells: ['web', 'web', 'x', 'y'], said: [] })
})

accounts('a name that was looked up stands alone', () => {
  const named = reportNamed('events').columns.map(column => ({
    ...column,
    cell: ({ actor }: AuditEvent) => `user name of ${actor.guid}`,
  }))
  assert.equal(cellsOf([[by('a'), by('b')]], named), {
    cells: ['user name of a', 'user name of b'],
    said: [],
  })
})
accounts.run()
