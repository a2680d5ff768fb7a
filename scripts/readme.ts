// Writes the generated parts of the documentation: docs/reference.md, and the picture of the README. A test fails when
// either of them is out of date.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { commands, programOf } from '../src/commands/index.ts'
import { parseCommandLine } from '../src/options/parse.ts'
import { pictureOf } from './readme/picture.ts'
import { columns, recordSession } from './readme/session.ts'

const at = (path: string) => fileURLToPath(new URL(path, new URL('..', import.meta.url)))

export const referencePath = at('docs/reference.md')
export const picturePath = at('docs/session.svg')

/** The text of docs/reference.md: the help of the program, then that of each command. */
export async function makeReference(): Promise<string> {
  const program = programOf('', async () => {})
  const sections = ['', ...commands.map(({ name }) => name)].map(async name => {
    const { text } = await parseCommandLine([...(name === '' ? [] : [name]), '--help'], program)
    return `## ${`cf-audit ${name}`.trim()}\n\n\`\`\`text\n${text}\`\`\`\n`
  })
  return ['# Reference\n', `${introduction}\n`, ...(await Promise.all(sections))].join('\n')
}

const introduction = `Every command and every option, as \`cf-audit --help\` and the help of each command print them. This page is generated:
\`npm run readme\` writes it.`

/** The picture of the README. */
export const makePicture = async (): Promise<string> => pictureOf(await recordSession(), columns)

if (process.argv[1] === import.meta.filename) {
  writeFileSync(referencePath, await makeReference())
  writeFileSync(picturePath, await makePicture())
}
