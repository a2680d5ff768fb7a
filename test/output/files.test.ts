import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { expandPaths, notReadable } from '../../src/output/files.ts'

const files = suite<{ folder: string }>('paths with wildcards')

files.before(context => {
  context.folder = mkdtempSync(join(tmpdir(), 'cf-audit-paths-'))
  mkdirSync(join(context.folder, 'bags.json'))
  for (const name of ['b.json', 'a.json', 'A2.JSON', 'a.csv', '.a.json', 'x+y.json', 'xxy.json'])
    writeFileSync(join(context.folder, name), '')
})
files.after(({ folder }) => rmSync(folder, { recursive: true }))

for (const [pattern, names] of [
  ['*.json', ['A2.JSON', 'a.json', 'b.json', 'bags.json', 'x+y.json', 'xxy.json']],
  ['?.json', ['a.json', 'b.json']],
  ['x+y.*', ['x+y.json']],
  ['a.csv', ['a.csv']],
  ['no*.json', ['no*.json']],
] as const) {
  files(`${pattern} on Windows, whose shells leave it alone`, async ({ folder }) => {
    const words = [`${folder}/${pattern}`, '-']
    assert.equal(await expandPaths(words, 'win32'), [...names.map(name => `${folder}/${name}`), '-'])
    assert.equal(await expandPaths(words, 'linux'), words)
  })
}

files('a folder that is not there stands for itself', async ({ folder }) =>
  assert.equal(await expandPaths([`${folder}/gone/*`], 'win32'), [`${folder}/gone/*`]),
)
files.run()

const unread = suite('files that cannot be read')

for (const [code, words] of [
  ['ENOENT', 'no such file'],
  ['EACCES', 'permission denied'],
  ['EISDIR', 'it is a folder'],
  ['EBUSY', 'EBUSY'],
] as const) {
  unread(code, () => {
    const error = notReadable('a.json', Object.assign(new Error(), { code }), 'Name another.')
    assert.is((error as Error).message, `cannot read a.json: ${words}.`)
  })
}
unread('a bug stays one', () => {
  const bug = new TypeError('bug')
  assert.is(notReadable('a.json', bug, ''), bug)
})
unread.run()
