import { join } from 'node:path'
import { vacancyOf } from '../../output/vacancy.ts'
import type { Dialog } from '../../ui/dialog.ts'
import type { Format } from '../rendering.ts'
import type { AnsweredFile } from './answers.ts'

/** Asks whether a report goes to the screen or to a file, and to which; undefined: to the screen. */
export async function askDestination(
  dialog: Dialog,
  format: Format,
  suggested: string,
  home: string | undefined,
): Promise<AnsweredFile | undefined> {
  const places = [
    { label: 'The screen', value: false },
    { label: 'A file', value: true, hint: 'readable for you alone' },
  ]
  const toFile = await dialog.choose('Where to?', format === 'table' ? places : places.reverse())
  if (!toFile) return undefined
  for (let initial = suggested; ; ) {
    const written = await dialog.write('Which file?', { initial, check: text => wrongFile(text, home) })
    const name = pathOf(written, home)
    if (vacancyOf(name) !== 'taken') return { name, replaces: false }
    const replaces = await dialog.choose(`${name} is there already.`, [
      { label: 'Choose another name', value: false },
      { label: 'Replace it', value: true },
    ])
    if (replaces) return { name, replaces }
    initial = written
  }
}

function wrongFile(text: string, home: string | undefined): string | undefined {
  if (text === '') return 'A file has a name.'
  const vacancy = vacancyOf(pathOf(text, home))
  return typeof vacancy === 'string' ? undefined : vacancy.problem
}

/** What was written, as a path: `~` is the home folder, as in a shell; a lone `-` is a name, and not stdout. */
export function pathOf(text: string, home: string | undefined): string {
  if (home && text.startsWith('~/')) return join(home, text.slice(2))
  return text.startsWith('-') ? `./${text}` : text
}
