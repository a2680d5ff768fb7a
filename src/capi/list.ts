import { CutShort, Failed } from '../errors.ts'
import type { Ask } from './ask.ts'
import { valueAt } from './event.ts'
import { createCutter } from './records.ts'

/** The answer of a v3 list: its resources, and what stands around them. */
export interface List {
  readonly resources: readonly unknown[]
  readonly envelope: unknown
}

/** Asks for one page of a v3 list of anything. */
export async function askList(ask: Ask, path: string): Promise<List> {
  return (await ask(path, readList)).value
}

function readList(body: Buffer): List {
  try {
    const resources: unknown[] = []
    let envelope: unknown
    const cutter = createCutter('first') // v6 and v7 print warnings behind the JSON.
    for (const piece of [...cutter.push(body), ...cutter.end()]) {
      if ('record' in piece) resources.push(JSON.parse(piece.record.toString('utf8')))
      else if ('envelope' in piece) envelope = JSON.parse(piece.envelope)
    }
    if (!Array.isArray(valueAt(envelope, 'resources'))) {
      throw new Failed(
        'Cloud Foundry answered JSON that is not a list.',
        'Check the API address with cf target.',
      )
    }
    return { resources, envelope }
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new CutShort(
      'The list that Cloud Foundry answered is not whole.',
      'Try again; cf-audit --verbose names the call.',
      {
        cause,
      },
    )
  }
}

/** A value of a list filter: Cloud Controller splits at commas, then unescapes each part once more. */
export const filterValue = (text: string) => encodeURIComponent(encodeURIComponent(text))
