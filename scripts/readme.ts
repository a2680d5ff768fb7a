// Writes what the README does not say by hand: the help of each command, and the picture of a terminal session. Both are
// made from the built tool; a test fails when they are not what they would be made now.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { buildDist } from './build.ts'
import { pictureOf } from './readme/picture.ts'
import { columns, session } from './readme/session.ts'

const at = (path: string) => fileURLToPath(new URL(path, new URL('..', import.meta.url)))

/** The files that are written, or in which blocks are. */
export const readmePath = at('README.md')
export const picturePath = at('scripts/readme/session.svg')

/** The picture, as it would be made now. Needs dist/ and script(1). */
export const makePicture = async (): Promise<string> => pictureOf(await session(), columns)

/**
 * The same text with the help of each command in its place, between two comments. Needs dist/.
 * @throws Error when a command has no place.
 */
export function withHelp(readme: string): string {
  return ['', ...commandNames].reduce((text, name) => {
    const marks = [`<!-- cf-audit ${name === '' ? '' : `${name} `}--help -->`, '<!-- end -->'] as const
    const from = text.indexOf(marks[0])
    const to = text.indexOf(marks[1], from)
    if (from < 0 || to < 0) throw new Error(`The README has no place for ${marks[0]}`)
    const block = `${marks[0]}\n\n\`\`\`\n${helpOf(name)}\`\`\`\n\n`
    return text.slice(0, from) + block + text.slice(to)
  }, readme)
}

function helpOf(name: string): string {
  const args = [at('dist/cli.js'), ...(name === '' ? [] : [name]), '--help']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout
}

if (process.argv[1] === import.meta.filename) {
  await buildDist()
  writeFileSync(readmePath, withHelp(readFileSync(readmePath, 'utf8')))
  writeFileSync(picturePath, await makePicture())
}
