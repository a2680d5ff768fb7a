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

/** Everything that a file imports, as its text says. */
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
const layerOf = (file: string) =>
  file
    .split('/')
    .slice(1, file.split('/').length > 2 ? 2 : undefined)
    .join('/')

const architecture = suite('architecture')

architecture('imports are found', () => {
  assert.ok(imports.length > 80, `only ${imports.length}`)
  assert.ok(imports.some(({ file, from }) => file === 'src/context.ts' && from === 'src/cf/connect.ts'))
  assert.ok(
    imports.some(({ file, from, isType }) => file === 'src/cli.ts' && from === 'src/main.ts' && !isType),
  )
  assert.ok(
    imports.some(({ file, from, isType }) => file === 'src/context.ts' && from === 'src/ui/say.ts' && isType),
  )
})

// Who may use whom, besides what stands in the same folder. Types may come from anywhere.
const arrows: Readonly<Record<string, readonly string[]>> = {
  'cli.ts': ['cache.ts', 'main.ts', 'prepared.ts'],
  'cache.ts': [],
  'prepared.ts': [],
  'main.ts': ['commands', 'context.ts', 'reports', 'ui'],
  'context.ts': ['cf', 'ui'],
  commands: ['capi', 'reports', 'output', 'ui'],
  capi: ['cf'],
  reports: ['capi/event.ts'],
  output: [],
  ui: [],
  cf: ['cache.ts'],
  'errors.ts': [],
  'plain.ts': [],
}
const forAll = ['errors.ts', 'plain.ts']

architecture('every file has its place', () => {
  assert.equal(
    sources.map(layerOf).filter(layer => !(layer in arrows)),
    [],
  )
})

for (const layer of Object.keys(arrows)) {
  architecture(`${layer} uses nothing but ${arrows[layer]?.join(', ') || 'errors and plain text'}`, () => {
    const allowed = [...(arrows[layer] ?? []), ...forAll]
    const wrong = imports
      .filter(({ file, from, isType }) => layerOf(file) === layer && isOurs(from) && !isType)
      .filter(({ from }) => layerOf(from) !== layer)
      .filter(({ from }) => !allowed.some(each => from === `src/${each}` || from.startsWith(`src/${each}/`)))
      .map(({ file, from }) => `${file} imports ${from}`)
    assert.equal(wrong, [])
  })
}

architecture('no file imports itself in a circle', () => {
  const uses = new Map<string, string[]>()
  for (const { file, from, isType } of imports) {
    if (isOurs(from) && !isType) uses.set(file, [...(uses.get(file) ?? []), from])
  }
  const visit = (file: string, above: readonly string[]): void => {
    assert.not.ok(above.includes(file), [...above, file].join(' → '))
    for (const next of uses.get(file) ?? []) visit(next, [...above, file])
  }
  for (const file of sources) visit(file, [])
})

architecture('what is imported is there', () => {
  assert.equal(
    imports
      .filter(({ from }) => isOurs(from) && !sources.includes(from))
      .map(({ file, from }) => `${file}: ${from}`),
    [],
  )
})

architecture('each package of others is used by one file', () => {
  const users = new Map<string, Set<string>>()
  for (const { file, from, isType } of imports) {
    if (isOurs(from) || from.startsWith('node:')) continue
    if (from === 'yargs' && isType) continue
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

architecture('each package of others is declared', () => {
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

architecture('programs are started in one place, and nothing speaks to a network', () => {
  assert.equal(
    imports.filter(({ from }) => from === 'cross-spawn').map(({ file }) => file),
    ['src/cf/run.ts'],
  )
  const forbidden = /^node:(child_process|cluster|worker_threads|http|https|http2|net|tls|dgram|dns)(\/|$)/
  assert.equal(
    imports.filter(({ from }) => forbidden.test(from)).map(({ file, from }) => `${file}: ${from}`),
    [],
  )
  for (const file of sources) assert.not.match(textOf(file), /\b(fetch|XMLHttpRequest|WebSocket)\(/, file)
})

architecture('no file is a drawer for odds and ends', () => {
  assert.equal(
    [...sources, ...tests].filter(file => /^(utils?|helpers?|types|common|misc)\./.test(basename(file))),
    [],
  )
})

architecture('nothing ends the process but its own end', () => {
  for (const file of sources) assert.not.match(textOf(file), /\bprocess\.(exit|abort|reallyExit)\s*\(/, file)
})

architecture('every source file has fewer than 220 lines', () => {
  assert.equal(
    sources
      .map(file => `${file}: ${textOf(file).split('\n').length - 1}`)
      .filter(line => Number(line.split(': ')[1]) >= 220),
    [],
  )
})

architecture('no test is singled out or left out', () => {
  const singled = new RegExp(['\\.on', 'ly\\(|\\.sk', 'ip\\('].join(''))
  assert.equal(
    [...sources, ...tests].filter(file => singled.test(textOf(file))),
    [],
  )
})

architecture.run()
