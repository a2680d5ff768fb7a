import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Incomplete } from '../../errors.ts'
import type { Statement } from '../../evidence/statement.ts'
import { eventsOf, verifyBag } from '../../evidence/verify.ts'
import { placeNamesFrom } from '../../evidence/views.ts'
import type { Saved } from './saved.ts'

/**
 * The events of an evidence folder as saved events, once the folder has been verified.
 * @throws Incomplete when it is damaged.
 */
export async function openBag(path: string, version: string): Promise<Saved> {
  const damage = (await verifyBag(path, version)).find(({ state }) => state === 'invalid')
  if (damage !== undefined) {
    throw new Incomplete(
      `${path} is damaged: ${damage.file}: ${damage.finding}.`,
      "Run 'cf-audit verify' for all damage, and ask for the original.",
    )
  }
  const json = async (name: string) => JSON.parse(await readFile(join(path, name), 'utf8')) as unknown
  const { api, verdict } = (await json('statement.json')) as Statement
  const names = placeNamesFrom(await json('data/names.json'))
  const { state, reasons } = verdict.events
  return {
    name: path,
    events: eventsOf(join(path, 'data/events.ndjson'), api.read_through),
    api: () => api.read_through,
    envelope: () => undefined,
    completeness: () => (state === 'complete' ? { kind: 'complete' } : { kind: 'partial', reasons }),
    names: () => names,
    noise: () => 0,
    doubles: () => 0,
  }
}
