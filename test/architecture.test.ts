import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const root = new URL('..', import.meta.url).pathname

const filesOf = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(root, join(entry.parentPath, entry.name)))
    .sort()

const sources = filesOf('src')
const tests = filesOf('test')
const textOf = (file: string) => readFileSync(join(root, file), 'utf8')

interface Import {
  readonly file: string
  /** A package, a module of Node.js, or a file of ours from the root on. */
  readonly from: string
  readonly isType: boolean
}

/** Everything that a file imports, types included, as its text says. */
function importsOf(file: string): Import[] {
  const text = textOf(file)
  const found: Import[] = []
  const add = (path: string, isType: boolean) => {
    const from = path.startsWith('.') ? relative(root, join(root, dirname(file), path)) : path
    found.push({ file, from, isType })
  }
  for (const [, kind, names = '', path = ''] of text.matchAll(
    /^(?:import|export)\s+(type\s+)?(?:([^'"]*?)\s+from\s+)?['"]([^'"]+)['"]/gm,
  )) {
    const braced = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1]
    const onlyTypes = braced?.split(',').every(name => /^\s*(type\s|$)/.test(name)) ?? false
    add(path, kind !== undefined || (onlyTypes && braced?.trim() !== ''))
  }
  for (const [, path = ''] of text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)) add(path, false)
  return found
}

const imports = sources.flatMap(importsOf)
const isOurs = (from: string) => from.startsWith('src/')

/** The folder of a file below src, or the file itself where it lies in src. */
const roomOf = (file: string) => file.split('/')[1] ?? ''

// From the ground up: a file may import what stands in a lower row, and its own folder. What stands in one row does not
// import each other.
const rows: readonly (readonly string[])[] = [
  ['errors.ts', 'text.ts', 'time.ts'],
  ['cache.ts', 'secrets.ts'],
  ['cf', 'ui'],
  ['capi', 'output'],
  ['context.ts'],
  ['reports'],
  ['options'],
  ['names'],
  ['evidence'],
  ['archive'],
  ['commands'],
  ['main.ts'],
  ['cli.ts'],
]
const rowOf = (room: string) => rows.findIndex(row => row.includes(room))

const architecture = suite('architecture')

architecture('imports are found', () => {
  assert.ok(imports.length > 300, `only ${imports.length}`)
  assert.ok(imports.some(({ file, from }) => file === 'src/cli.ts' && from === 'src/main.ts'))
  assert.ok(imports.some(({ from, isType }) => from === 'src/context.ts' && isType))
})

architecture('every file has its place', () => {
  assert.equal(
    sources.map(roomOf).filter(room => rowOf(room) < 0),
    [],
  )
})

architecture('imports go down, those of types too', () => {
  const wrong = imports
    .filter(({ file, from }) => isOurs(from) && roomOf(file) !== roomOf(from))
    .filter(({ file, from }) => rowOf(roomOf(file)) <= rowOf(roomOf(from)))
    .map(({ file, from }) => `${file} imports ${from}`)
  assert.equal(wrong, [])
})

architecture('no file imports itself in a circle, not even for types', () => {
  const uses = new Map<string, string[]>()
  for (const { file, from } of imports) if (isOurs(from)) uses.set(file, [...(uses.get(file) ?? []), from])
  const done = new Set<string>()
  const visit = (file: string, above: readonly string[]): void => {
    assert.not.ok(above.includes(file), [...above, file].join(' -> '))
    if (done.has(file)) return
    for (const next of uses.get(file) ?? []) visit(next, [...above, file])
    done.add(file)
  }
  for (const file of sources) visit(file, [])
})

architecture('a command is a folder, and imports no other command', () => {
  const commandOf = (file: string) => /^src\/commands\/([^/]+)\//.exec(file)?.[1]
  assert.equal(
    sources.filter(file => /^src\/commands\/[^/]+$/.test(file)),
    ['src/commands/index.ts'],
  )
  const wrong = imports
    .filter(({ file, from }) => commandOf(file) && commandOf(from) && commandOf(file) !== commandOf(from))
    .map(({ file, from }) => `${file} imports ${from}`)
  assert.equal(wrong, [])
})

architecture('what is imported exists', () => {
  assert.equal(
    imports
      .filter(({ from }) => isOurs(from) && !sources.includes(from))
      .map(({ file, from }) => `${file}: ${from}`),
    [],
  )
})

architecture('each third-party package is imported by one file', () => {
  const users = new Map<string, Set<string>>()
  for (const { file, from, isType } of imports) {
    if (isOurs(from) || from.startsWith('node:') || isType) continue
    const name = from.startsWith('@json2csv/')
      ? '@json2csv'
      : from
          .split('/')
          .slice(0, from.startsWith('@') ? 2 : 1)
          .join('/')
    users.set(name, (users.get(name) ?? new Set()).add(file))
  }
  assert.ok(users.size > 4)
  assert.equal(
    [...users]
      .filter(([, files]) => files.size > 1)
      .map(([name, files]) => `${name}: ${[...files].join(', ')}`),
    [],
  )
})

architecture('each third-party package is declared', () => {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(textOf('package.json'))
  const declared = Object.keys({ ...dependencies, ...devDependencies })
  assert.equal(
    imports
      .filter(({ from }) => !isOurs(from) && !from.startsWith('node:'))
      .filter(({ from }) => !declared.some(name => from === name || from.startsWith(`${name}/`)))
      .map(({ from }) => from),
    [],
  )
})

architecture('programs are started in one place, and nothing opens a connection', () => {
  assert.equal(
    [...new Set(imports.filter(({ from, isType }) => from === 'execa' && !isType).map(({ file }) => file))],
    ['src/cf/run.ts'],
  )
  const forbidden = /^node:(child_process|cluster|worker_threads|http|https|http2|net|tls|dgram|dns)(\/|$)/
  // cf asks a plugin what it is through a port of this machine.
  assert.equal(
    imports.filter(({ from }) => forbidden.test(from)).map(({ file, from }) => `${file}: ${from}`),
    ['src/cf/plugin.ts: node:net'],
  )
  for (const file of sources) assert.not.match(textOf(file), /\b(fetch|XMLHttpRequest|WebSocket)\(/, file)
})

architecture('no file is a drawer for odds and ends', () => {
  assert.equal(
    [...sources, ...tests].filter(
      file =>
        /^(utils?|helpers?|types|common|misc)\.ts$/.test(basename(file)) &&
        !/(options|commands)\//.test(file),
    ),
    [],
  )
})

architecture('nothing ends the process but its own end', () => {
  for (const file of sources) assert.not.match(textOf(file), /\bprocess\.(exit|abort|reallyExit)\s*\(/, file)
})

architecture('no test is singled out or left out', () => {
  const singled = new RegExp(['\\.on', 'ly\\(|\\.sk', 'ip\\('].join(''))
  assert.equal(
    [...sources, ...tests].filter(file => singled.test(textOf(file))),
    [],
  )
})

architecture.run()
