import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ApiName, type AuditEvent, readEvent } from '../../src/capi/event.ts'
import { createAccounts } from '../../src/names/accounts.ts'
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

/** The actor cells of some pages, each page as it is printed, and what is said. */
function cellsOf(pages: readonly AuditEvent[][], own: readonly Column[] = reportNamed('events').columns) {
  const accounts = createAccounts()
  const [actor] = accounts.columns(own).filter(({ key }) => key === 'actor')
  const cells = pages.flatMap(page => accounts.note(page).map(each => actor?.cell(each)))
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

accounts('one user has no need of it', () => {
  const { cells, said } = cellsOf([[by('a'), by('a')], [by('a')]])
  assert.equal(new Set(cells), new Set(['operators@example.gov']))
  assert.equal(said, [])
})

accounts('from the page on where the second one appears', () => {
  const { cells } = cellsOf([[by('a')], [by('a'), by('b')]])
  assert.equal(cells, ['operators@example.gov', 'operators@example.gov (a)', 'operators@example.gov (b)'])
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
