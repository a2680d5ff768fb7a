import { namesIn, openPeriod } from '../../archive/read.ts'
import { placeNamesFrom } from '../../evidence/views.ts'
import type { Window } from '../../options/window.ts'
import type { Saved } from './saved.ts'

/**
 * The events of an archive as saved events: only the parts of the time range and the orgs are read.
 * @param orgs by name or GUID; undefined: all.
 * @throws NotFound for an org that the archive does not have.
 */
export async function openArchived(
  path: string,
  window: Window,
  orgs: readonly string[] = [],
): Promise<Saved> {
  const { events, reasons, manifests } = await openPeriod(path, orgs, window)
  const { from = '' } = window
  const names = placeNamesFrom(
    await namesIn(
      path,
      manifests.filter(({ manifest }) => manifest.ended >= from),
    ),
  )
  return {
    name: path,
    isOfOrgs: true,
    events,
    api: () => 'v3',
    envelope: () => undefined,
    completeness: () => (reasons.length === 0 ? { kind: 'complete' } : { kind: 'partial', reasons }),
    names: () => names,
    noise: () => 0,
    doubles: () => 0,
  }
}
