import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makePicture, picturePath, readmePath, withHelp } from '../../scripts/readme.ts'
import { examples } from '../../src/commands/help.ts'
import { commandNames } from '../../src/commands/overview.ts'
import { exitCodes } from '../../src/errors.ts'
import { reports } from '../../src/reports/catalog.ts'
import { hasTerminal } from './on-terminal.ts'

const text = readFileSync(readmePath, 'utf8')
const stale = 'npm run readme makes it anew'
const readme = suite('the README')

readme('holds the help of every command as it is', () => {
  assert.ok(withHelp(text) === text, stale)
})

readme('shows a terminal as it is', async () => {
  if (!hasTerminal) return console.log('note: no script(1), so the picture of the README was not compared')
  assert.is(await makePicture(), readFileSync(picturePath, 'utf8'), stale)
})

readme('names each recipe of the page, and the report that replaces it', () => {
  for (const { name, documented } of reports) {
    for (const title of documented.titles) assert.match(text, `| ${title} | \`cf-audit ${name}`)
  }
})

readme('leads nowhere that is not there', () => {
  const places = new Set(
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  )
  const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link)
  assert.ok(links.length > 2)
  for (const link of links) {
    if (link.startsWith('#')) assert.ok(places.has(link.slice(1)), link)
    else assert.ok(existsSync(fileURLToPath(new URL(`../../${link}`, import.meta.url))), link)
  }
})

readme('names no command, no option and no exit code that there is not', () => {
  const help = text.slice(text.indexOf('## Every option'), text.indexOf('## Developing'))
  const own = text.replace(help, '')
  const options = new Set(help.match(/--[a-z][a-z-]+/g))
  const lines = own.match(/cf-audit [^\n`|]*/g) ?? []
  assert.ok(lines.length > 20)
  const others = new Set(['--global', '--guid', '--trace', '--yes']) // Of npm and cf.
  for (const [option] of own.matchAll(/--[a-z][a-z-]+/g))
    assert.ok(options.has(option) || others.has(option), option)
  for (const line of lines) {
    const command = /^cf-audit ([a-z][a-z-]+)/.exec(line)?.[1]
    if (line.includes('YOUR-ORG') || line.includes('demo-org'))
      assert.ok(command !== undefined && commandNames.includes(command), line)
  }
  const codes = own.match(/^\| (\d[\d, ]*) \|/gm)?.flatMap(row => row.match(/\d+/g)?.map(Number) ?? [])
  for (const code of Object.values(exitCodes)) assert.ok(codes?.includes(code), String(code))
})

readme('quotes what stderr really says', () => {
  const src = fileURLToPath(new URL('../../src', import.meta.url))
  const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => readFileSync(join(src, file), 'utf8'))
    .join('\n')
  const table = text.slice(text.indexOf('| stderr |'), text.indexOf('### Exit codes'))
  const rows = table.split('\n').filter(row => row.startsWith('| `'))
  assert.ok(rows.length > 10)
  for (const row of rows) {
    const [, cell = ''] = row.split('|')
    for (const [, words = ''] of cell.matchAll(/`([^`]+)`/g)) assert.ok(sources.includes(words), words)
  }
})

readme('tells of every command and of what nobody finds by chance', () => {
  for (const name of commandNames) assert.match(text, `\`${name}`)
  for (const word of [
    '--resolve',
    '--wide',
    'cf-audit completion bash',
    'cf-audit doctor',
    'cf-audit --help',
  ])
    assert.match(text, word)
  assert.is(Object.keys(examples).length, commandNames.length)
})
readme.run()
