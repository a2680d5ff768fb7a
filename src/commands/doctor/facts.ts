import type { Root } from '../../capi/root.ts'
import type { Visibility } from '../../capi/visibility.ts'
import type { Installation, Namesake } from '../../cf/installation.ts'
import type { Login } from '../../cf/login.ts'
import type { Target } from '../../cf/session.ts'
import type { Settings } from '../../cf/settings.ts'
import type { AuditError } from '../../errors.ts'

/** What a question gave: a value, or the reason why there is none. */
export type Known<T> =
  | { readonly value: T; readonly error?: never }
  | { readonly value?: never; readonly error: AuditError }

/** What was found out. What was not asked, because something before it failed, is undefined. */
export interface Facts {
  /** Milliseconds since 1970, on this machine. */
  readonly now: number
  readonly cf: Known<{
    readonly path: string
    /** What named it. */
    readonly by: '--cf' | 'CF_AUDIT_CF' | 'PATH'
  }>
  readonly installation?: Known<Installation>
  readonly namesakes?: readonly Namesake[]
  readonly settings?: Settings
  readonly target?: Known<Target>
  /** Who is logged in, as the file of `cf` says. */
  readonly login?: Login | undefined
  readonly root?: Known<Root>
  readonly clock?: Clock | undefined
  /** How many orgs the user can see. */
  readonly session?: Known<{ readonly orgs: number | undefined }>
  /** undefined also when no org is named and none is targeted. */
  readonly org?: { readonly name: string; readonly guid: Known<string> }
  readonly v3?: Known<Events>
  readonly v2?: Known<Events>
  /** Of the org, or of every org when none is known. */
  readonly visibility?: Visibility
}

/** The API's clock against ours, in milliseconds. */
export interface Clock {
  /** Positive when ours is behind. */
  readonly ahead: number
  /** How far off that may be: the `Date` header has whole seconds, and the answer took its time. */
  readonly give: number
}

/** The events that the user can see of the org, or of every org when none is known. */
export interface Events {
  readonly total: number
  readonly oldest: { readonly time: string; readonly type: string; readonly targetGuid: string } | undefined
}
