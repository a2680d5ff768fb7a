import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeReference, referencePath } from '../../scripts/readme.ts'
import { archiveNames, names } from '../../src/commands/doctor/check.ts'
import { commands } from '../../src/commands/index.ts'
import { exitCodes } from '../../src/errors.ts'
import { helpOptions, messageOptions } from '../../src/options/command.ts'
import { reports } from '../../src/reports/catalog.ts'
import { wideColumns } from '../../src/reports/columns.ts'
import { formats } from '../../src/reports/formats.ts'
import { run } from '../run.ts'
import { withScene } from '../scene.ts'
import { readPage, readPages, root } from './pages.ts'

const pages = readPages()
const readme = readPage('README.md')
const docs = suite('the documentation')

docs('has a README of less than 250 lines', () => {
  const lines = readme.text.split('\n').length
  assert.ok(lines < 250, `${lines} lines`)
})

docs('begins with the two commands that CI runs', () => {
  const [first] = readme.blocks
  const lines = first!.code
    .trim()
    .split('\n')
    .map(line => line.replace(/\s+#.*/, ''))
  assert.equal(lines, ['npm run demo', 'npm test'])
  const ci = readFileSync(`${root}.ci/run`, 'utf8').split('\n')
  for (const line of lines) assert.ok(ci.includes(line), line)
})

docs('has the help of every command as it is', async () => {
  const isCurrent = (await makeReference()) === readFileSync(referencePath, 'utf8')
  assert.ok(isCurrent, 'npm run readme writes docs/reference.md')
})

docs('has a map of every folder of src and of its files beside them, and every path in it exists', () => {
  const { text } = readPage('docs/contributing.md')
  const named = new Set(
    [...text.matchAll(/`((?:src|test|scripts|\.ci)\/[\w./-]*)`/g)].map(([, path = '']) => path),
  )
  assert.equal(
    [...named].filter(path => !existsSync(root + path)),
    [],
  )
  const rooms = readdirSync(`${root}src`, { withFileTypes: true }).map(
    entry => `src/${entry.name}${entry.isDirectory() ? '/' : ''}`,
  )
  assert.equal(
    rooms.filter(room => ![...named].some(path => path.startsWith(room))),
    [],
  )
})

docs('names each recipe of the page, and the command that replaces it', () => {
  for (const { name, documented } of reports) {
    for (const title of documented?.titles ?? []) assert.match(readme.text, `| ${title} | \`cf-audit ${name}`)
  }
})

docs('names every page, command, format and exit code in the README', () => {
  for (const { path } of pages.slice(1)) assert.ok(readme.links.includes(path), path)
  for (const { name } of commands) assert.match(readme.text, new RegExp(`\`(cf-audit )?${name}\\b`))
  for (const { name, endings } of formats) {
    assert.match(readme.text, `| \`${name}\` |`)
    for (const ending of endings) assert.match(readme.text, `\`.${ending}\``)
  }
  const codes = readme.text
    .match(/^\| (\d[\d, ]*) \|/gm)
    ?.flatMap(row => row.match(/\d+/g)?.map(Number) ?? [])
  for (const code of Object.values(exitCodes)) assert.ok(codes?.includes(code), String(code))
})

docs('shows the columns of each command as they are', async () => {
  await withScene({ events: 500 }, async ({ cf }) => {
    for (const name of [...reports.map(report => report.name), 'roles', 'access-review', 'types']) {
      const org = name === 'types' ? [] : ['demo-org']
      const { stdout } = await run(cf, [name, ...org, '--format', 'csv'])
      const heading = stdout.slice(0, stdout.indexOf('\n')).replaceAll(',', ', ')
      assert.match(readme.text, `| \`${name}\` | ${heading} |`)
    }
  })
  const { inline } = readPage('docs/names.md')
  for (const { key } of wideColumns) assert.ok(inline.includes(key), key)
})

docs('names every check of the doctor', () => {
  const { inline } = readPage('docs/troubleshooting.md')
  for (const name of [...names, ...archiveNames]) assert.ok(inline.includes(name), name)
})

docs('leads only to what exists', () => {
  const known = new Map(pages.map(page => [page.path, page]))
  for (const page of pages) {
    for (const link of page.links.filter(each => !/^https?:/.test(each))) {
      const [file = '', anchor] = link.split('#')
      const path = file === '' ? page.path : normalize(join(dirname(page.path), file))
      assert.ok(existsSync(`${root}${path}`), `${page.path}: ${link}`)
      if (anchor !== undefined) assert.ok(known.get(path)?.anchors.has(anchor), `${page.path}: ${link}`)
    }
  }
})

docs('names only options that exist', async () => {
  const ours = new Set(Object.keys({ ...messageOptions, ...helpOptions }))
  for (const { load } of commands) for (const name of Object.keys((await load()).options)) ours.add(name)
  const others = new Set([
    'check',
    'global',
    'guid',
    'trace',
    'client',
    'client-credentials',
    'import',
    'validate',
  ]) // Of sha256sum, npm, cf and node.
  for (const { path, text } of pages) {
    for (const [, name = ''] of text.matchAll(/(?<![\w-])--([a-z][a-z-]+)/g))
      assert.ok(ours.has(name) || others.has(name), `${path}: --${name}`)
  }
})

docs('names only files that exist', () => {
  for (const { path, inline } of pages) {
    for (const file of inline.filter(code => /^(src|test|scripts|docs|\.ci)\/[\w./-]*$/.test(code)))
      assert.ok(existsSync(`${root}${file}`), `${path}: ${file}`)
  }
})

docs('quotes messages as they are', () => {
  const sources = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => readFileSync(`${root}src/${file}`, 'utf8'))
    .join('\n')
  const { text } = readPage('docs/troubleshooting.md')
  const rows = text.slice(text.indexOf('## Messages')).match(/^\| `.*/gm) ?? []
  assert.ok(rows.length > 10)
  for (const row of rows) {
    const cell = row.split(' | ')[0]!
    for (const [, message = ''] of cell.matchAll(/`([^`]+)`/g)) assert.ok(sources.includes(message), message)
  }
})
docs.run()
