import { type Visibility, visibleParts } from '../capi/visibility.ts'
import type { Window } from '../options/window.ts'
import { keptDays, keptSince } from '../time.ts'

/** What is known about the completeness of a reading, with the reasons for anything less. */
export interface Verdict {
  /** partial: something is known to be missing. unprovable: there is no way to know whether something is. */
  readonly state: 'complete' | 'partial' | 'unprovable'
  readonly reasons: readonly string[]
}

/**
 * Judges a reading whose count has been proven: what the user's roles hide, and what Cloud Foundry no longer keeps.
 * @param where the org or orgs, as a person names them.
 * @param started when the reading began, in milliseconds since 1970.
 */
export function judge(
  visibility: Visibility,
  { from, until }: Window,
  where: string,
  started: number,
): Verdict {
  const partial: string[] = []
  const unprovable: string[] = []
  const kept = keptSince(started)
  if (until !== undefined && until <= kept) {
    partial.push(
      `the time range ends before ${kept}, and Cloud Foundry deletes events after ${keptDays} days by default`,
    )
  } else if (from !== undefined && from < kept) {
    partial.push(
      `the time range begins before ${kept}, and Cloud Foundry deletes events after ${keptDays} days by default`,
    )
  }
  switch (visibility.sees) {
    case 'all':
      break
    case 'some':
      partial.push(
        `your roles show only a part of ${where} (${visibleParts(visibility)}); for the rest you need Org Auditor`,
      )
      break
    case 'none': // Without app usage events a global reader looks like any other user.
      unprovable.push(`none of your roles shows events of ${where}`)
      break
    case 'unknown':
      unprovable.push(
        `could not look up what your roles show of ${where}: ${visibility.why.replace(/\.$/, '')}`,
      )
  }
  if (partial.length > 0) return { state: 'partial', reasons: [...partial, ...unprovable] }
  return { state: unprovable.length > 0 ? 'unprovable' : 'complete', reasons: unprovable }
}
