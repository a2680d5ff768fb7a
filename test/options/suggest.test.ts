import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { didYouMean, suggest } from '../../src/options/suggest.ts'
import { reports } from '../../src/reports/catalog.ts'
import { eventTypes } from '../../src/reports/event-types.ts'

const suggestions = suite('did you mean')

const formats = ['csv', 'json', 'ndjson', 'table']
const apis = ['auto', 'v2', 'v3']
const commands = [...reports.map(({ name }) => name), 'format', 'types', 'roles', 'doctor']

const cases: readonly (readonly [word: string, known: readonly string[], meant: readonly string[]])[] = [
  // Letters exchanged, lacking, doubled.
  ['rotues', commands, ['routes']],
  ['servces', commands, ['services']],
  ['Events', commands, ['events']],
  ['evennts', commands, ['events']],
  ['cvs', formats, ['csv']],
  ['jsno', formats, ['json']],
  ['tabel', formats, ['table']],
  // A part of the word.
  ['user', commands, ['user-access']],
  ['bindings', commands, ['service-bindings']],
  ['jsonl', formats, ['json']],
  ['3', apis, ['v3']],
  ['V2', apis, ['v2']],
  ['v4', apis, ['v2', 'v3']],
  // What Cloud Foundry's own documents, and the page, misprint.
  ['service_instance.bind_route', eventTypes, ['audit.service_instance.bind_route']],
  ['audit.app.crash', eventTypes, ['app.crash']],
  ['audit.user.org_manager_add', eventTypes, ['audit.user.organization_manager_add']],
  ['audit.route.delete_request', eventTypes, ['audit.route.delete-request']],
  ['audit.user.space_application_supporter_add', eventTypes, ['audit.user.space_supporter_add']],
  ['route.create', eventTypes, ['audit.route.create']],
  // Nothing is near.
  ['xml', formats, []],
  ['both', apis, []],
  ['zzz', commands, []],
  // A short word has as few letters to mistake.
  ['login', ['plugin', ...commands], []],
  ['colour', ['color'], ['color']],
  ['audit.space.role.add', eventTypes, []],
  ['', commands, []],
  ['a', [], []],
]
for (const [word, known, meant] of cases) {
  suggestions(`${word || 'nothing'}: ${meant.join(', ') || 'nothing'}`, () => {
    assert.equal(suggest(word, known), meant)
  })
}

suggestions('at most three, each once', () => {
  assert.equal(suggest('aab', ['aaa', 'aac', 'aac', 'aad', 'aae']), ['aaa', 'aac', 'aad'])
})

suggestions('a known word is near itself alone', () => {
  for (const type of eventTypes) assert.is(suggest(type, eventTypes)[0], type)
})

suggestions('as a question', () => {
  assert.is(didYouMean('rotues', commands), ' Did you mean routes?')
  assert.is(
    didYouMean('v4', apis, word => `--api ${word}`),
    ' Did you mean --api v2 or --api v3?',
  )
  assert.is(didYouMean('aab', ['aaa', 'aac', 'aad']), ' Did you mean aaa, aac or aad?')
  assert.is(didYouMean('zzz', commands), '')
})

suggestions('nothing is near a text', () => {
  assert.equal(suggest('audit.user.space_developer_add'.repeat(10), eventTypes), [])
})

suggestions.run()
