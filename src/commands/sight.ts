import type { Ask } from '../capi/ask.ts'
import type { Query } from '../capi/query.ts'
import { type Visibility, visibilityOf } from '../capi/visibility.ts'
import type { Cf } from '../cf/connect.ts'
import type { Context } from '../context.ts'
import { Interrupted } from '../errors.ts'

/** What can be asked of `cf` about its user. */
type Asked = Pick<Cf, 'savedLogin' | 'target'>

/** Where events are asked for. */
type Where = Pick<Query, 'orgGuids' | 'spaceGuids'>

interface Remembered {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly visible: Visibility
}

const hour = 3600_000
const written = 'The report is whole; only what your roles show was not looked up.'

/**
 * What the user's roles show, as it was within the last hour; asked when that is not known. By then the report is
 * written, and an interruption says so.
 */
export async function rememberedSight(
  cf: Asked,
  ask: Ask,
  where: Where,
  { memory: open, now }: Pick<Context, 'memory' | 'now'>,
): Promise<Visibility> {
  const memory = await open<Remembered>('visibility.json')
  const [login, recalled] = await Promise.all([loginOf(cf), memory.recall()])
  if ('why' in login) return { sees: 'unknown', why: login.why }
  const key = JSON.stringify([login.api, login.guid ?? login.user, where.orgGuids, where.spaceGuids])
  const fresh = Object.entries(recalled).filter(([, known]) => isFresh(known, now()))
  const known = Object.fromEntries(fresh)[key]
  if (known !== undefined) return known.visible
  const visible = await visibilityOf(ask, login, where).catch(error => {
    throw error instanceof Interrupted ? new Interrupted(error.signal, written) : error
  })
  // Who sees nothing is about to be granted something.
  if (visible.sees === 'all' || visible.sees === 'some') {
    await memory.remember(Object.fromEntries([...fresh, [key, { at: now(), visible }]]))
  }
  return visible
}

/** What the user's roles show now. */
export async function sightNow(cf: Asked, ask: Ask, where: Where): Promise<Visibility & { who: Grantee }> {
  const login = await loginOf(cf)
  if ('why' in login) return { who: { user: '' }, sees: 'unknown', why: login.why }
  return { who: login, ...(await visibilityOf(ask, login, where)) }
}

/** Who can be given a role. */
export interface Grantee {
  /** A user's name, or the id of a client. */
  readonly user: string
  /** undefined: that cannot be told. */
  readonly isClient?: boolean
}

interface Login {
  readonly api: string
  readonly user: string
  readonly guid?: string
  readonly isClient?: boolean
  readonly readsAll?: boolean
}

/** The login that `cf` has saved, else what `cf target` says; a wrapper may know neither. */
export async function loginOf(cf: Asked): Promise<Login | { readonly why: string }> {
  try {
    return (await cf.savedLogin()) ?? (await cf.target())
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof Error)) throw error
    return { why: error.message }
  }
}

function isFresh(known: Remembered | undefined, now: number): boolean {
  const { at, visible } = known ?? {}
  if (typeof at !== 'number' || !(at <= now && now - at < hour)) return false
  return (
    visible?.sees === 'all' ||
    (visible?.sees === 'some' && Array.isArray(visible.orgs) && Array.isArray(visible.spaces))
  )
}
