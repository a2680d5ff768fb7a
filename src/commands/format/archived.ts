import { readManifests } from '../../archive/manifest.ts'
import { archivedNames, readArchive } from '../../archive/read.ts'
import { UsageError } from '../../errors.ts'
import type { Window } from '../../options/window.ts'
import type { Saved } from './saved.ts'

/** The events of an archive as saved events: only the parts of the time range are read. */
export async function openArchived(path: string, window: Window): Promise<Saved> {
  const { events, missing } = await readArchive(path, window)
  const manifests = await readManifests(path)
  if (manifests.length === 0) {
    throw new UsageError(`${path} is an archive without any runs.`, "Run 'cf-audit archive update' first.")
  }
  const names = await archivedNames(path, manifests, window.from)
  return {
    name: path,
    events,
    api: () => 'v3',
    envelope: () => undefined,
    completeness: () => {
      const uncovered = missing.flatMap(({ org, gaps }) =>
        gaps === 'all' ? [org] : gaps.map(({ from, until }) => `${org} from ${from} to ${until}`),
      )
      return uncovered.length === 0
        ? { kind: 'complete' }
        : { kind: 'partial', reasons: [`the archive does not cover ${uncovered.join(', ')}`] }
    },
    names: () => names,
    noise: () => 0,
    doubles: () => 0,
  }
}
