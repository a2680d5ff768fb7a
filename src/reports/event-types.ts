import { access } from './event-types/access.ts'
import { apps } from './event-types/apps.ts'
import type { Entry, Families, Writer } from './event-types/entry.ts'
import { foundation } from './event-types/foundation.ts'
import { routes } from './event-types/routes.ts'
import { services } from './event-types/services.ts'

/**
 * Every event type that Cloud Controller records, by family: 138 `audit.*`, `app.crash` and `blob.remove_orphan`
 * (app/repositories/event_types.rb of cloud_controller_ng at API 3.228; the API itself accepts any name and finds
 * nothing for a wrong one).
 */
export const families = { ...apps, ...routes, ...services, ...access, ...foundation } as const

export type Family = keyof typeof families

/** All types, in alphabetical order. */
export const eventTypes: readonly string[] = (Object.keys(families) as Family[])
  .flatMap(family => typesOf(family))
  .sort()

/** The full names of a family's types, or of those of its actions that are named. */
export function typesOf(family: Family, ...actions: string[]): string[] {
  const known = Object.keys(families[family])
  return (actions.length === 0 ? known : known.filter(action => actions.includes(action))).map(
    action => `${family}.${action}`,
  )
}

/** What the catalogue says of a type. */
export interface EventType {
  readonly name: string
  /** In plain words. */
  readonly what: string
  /** Who writes it today. */
  readonly writer: Writer
  /** Whether its events may belong to an org; those of the others are found by no question about one org. */
  readonly hasOrg: boolean
}

/** What the catalogue says of a type; undefined for a name that is not in it. */
export function eventType(name: string): EventType | undefined {
  const known: Families = families
  const family = Object.keys(known).find(each => name.startsWith(`${each}.`))
  if (family === undefined) return undefined
  const entries = new Map(Object.entries(known[family] ?? {}))
  const entry: Entry | undefined = entries.get(name.slice(family.length + 1))
  if (entry === undefined) return undefined
  const [what, writer, reach] = entry
  return { name, what, writer, hasOrg: reach !== 'no org' }
}
