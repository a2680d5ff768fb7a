import { type AuditEvent, asGuid, textAt } from '../capi/event.ts'
import { Failed, UsageError } from '../errors.ts'
import type { Messages } from '../ui/messages.ts'

/** What was said on the command line about who did something, and to what. Any of the actors, and any of the targets. */
export interface ActorTargetArgs {
  readonly actor: readonly string[]
  readonly target: readonly string[]
}

/** What was looked up about users who are given by name. */
export interface KnownUsers {
  /** By the name that was given for them. */
  readonly guids: ReadonlyMap<string, readonly string[]>
  /** Why not all of them could be looked up. */
  readonly trouble?: Error
}

/** Keeps the events of some actors and targets, and counts. */
export interface ActorTargetFilter {
  keep(events: AuditEvent[]): AuditEvent[]
  /** The same for a whole listing, a page at a time. */
  events<Proof>(pages: AsyncGenerator<AuditEvent[], Proof>): AsyncGenerator<AuditEvent[], Proof>
  /**
   * When all is read.
   * @throws Failed when an actor that no event names may be a user all the same.
   */
  assertUsersKnown(): void
  /** When all is read: how many of how many, and which word stands for nobody. */
  logSummary(messages: Messages): Promise<void>
}

/** With more of them the question would grow too long for Cloud Foundry's web server. */
const maxTargets = 100

// Names that are remembered for a suggestion. Whoever has more of them will not miss a typing error among the rest.
const maxNames = 10_000

/** @throws UsageError where an actor or a target is empty, or cannot be had with --as-documented. */
export function assertActorsAndTargets({ actor, target }: ActorTargetArgs, asDocumented: boolean): void {
  for (const [option, words] of [
    ['--actor', actor],
    ['--target', target],
  ] as const) {
    // Clients have an empty name in every event.
    if (words.includes('')) throw new UsageError(`${option} is empty.`, 'Leave it out, or give it a value.')
    if (words.length > 0 && asDocumented) {
      throw new UsageError(
        `${option} and --as-documented exclude each other: the page’s own recipe has no such condition.`,
        'Leave out one of them.',
      )
    }
  }
}

/** The targets that the API can be asked for: all of them, if all are GUIDs. One name among them, and it cannot. */
export function targetsToAsk({ target }: ActorTargetArgs): string[] | undefined {
  if (target.length === 0 || !target.every(word => asGuid(word) !== undefined)) return undefined
  // What a GUID was made outside of Cloud Foundry (an external user's) may be in upper case.
  const guids = [...new Set(target.flatMap(word => [asGuid(word) ?? word, word]))]
  return guids.length > maxTargets ? undefined : guids
}

/**
 * Keeps everything and tells nothing when neither actors nor targets are named.
 * @param guids of actors that are named by user name.
 */
export function createActorTargetFilter(
  { actor, target }: ActorTargetArgs,
  users: KnownUsers = nobody,
): ActorTargetFilter {
  const actors = side('by', actor, namesOfActor, users.guids)
  const sides = [actors, side('about', target, namesOfTarget)].filter(isAsked)
  if (sides.length === 0) {
    return {
      keep: events => events,
      events: pages => pages,
      assertUsersKnown() {},
      logSummary: async () => {},
    }
  }
  let read = 0
  let kept = 0
  let fromV3 = false

  function keep(events: AuditEvent[]): AuditEvent[] {
    const ours = events.filter(event => {
      // Each side looks at every event, to know which of its words stand for nobody.
      const fits = sides.map(each => each.fits(event))
      return fits.every(Boolean)
    })
    read += events.length
    fromV3 ||= events.some(event => event.api === 'v3')
    kept += ours.length
    return ours
  }

  return {
    keep,

    async *events(pages) {
      let step = await pages.next()
      for (; !step.done; step = await pages.next()) yield keep(step.value)
      return step.value
    },

    assertUsersKnown() {
      const [word] = actors.unmet().filter(word => asGuid(word) === undefined)
      if (users.trouble === undefined || word === undefined || !fromV3) return
      throw new Failed(
        `Whether ${word} is the name of a user could not be looked up: ${users.trouble.message}`,
        'Give the GUID of the user with --actor, or try again later: API v3 names who acts by e-mail address alone.',
      )
    },

    async logSummary(messages) {
      if (read === 0) return
      const events = read === 1 ? '1 event' : `${read} events`
      const are = kept === 1 ? 'is' : 'are'
      messages.info(`${kept} of ${events} ${are} ${sides.map(each => each.words).join(' and ')}.`)
      for (const each of sides) {
        for (const word of each.unmet()) {
          const { didYouMean } = await import('./suggest.ts')
          // Somebody who is known by that name, and did nothing, is no slip of the pen.
          const meant = each.isKnown(word) ? '' : didYouMean(word, each.names())
          messages.warn(`no event here is ${each.preposition} ${word}.${meant}`)
        }
      }
    },
  }
}

const nobody: KnownUsers = { guids: new Map() }

type Preposition = 'by' | 'about'

/** One of the two conditions. */
function side(
  preposition: Preposition,
  words: readonly string[],
  namesOf: (event: AuditEvent) => readonly string[],
  guids: KnownUsers['guids'] = nobody.guids,
) {
  const wanted = new Map(words.map(word => [folded(word), word]))
  const byGuid = new Map(
    [...guids].flatMap(([word, all]) => all.map(guid => [folded(guid), folded(word)] as const)),
  )
  const met = new Set<string>()
  const names = new Set<string>()

  return {
    preposition,
    words: `${preposition} ${[...wanted.values()].join(' or ')}`,
    isAsked: wanted.size > 0,
    names: () => [...names],
    isKnown: (word: string) => guids.has(word),
    unmet: () => [...wanted].filter(([key]) => !met.has(key)).map(([, word]) => word),
    fits(event: AuditEvent): boolean {
      let found = false
      for (const name of namesOf(event)) {
        const key = folded(name)
        // A GUID may be asked for itself, and as that of a user name.
        const keys = [key, byGuid.get(key) ?? key].filter(each => wanted.has(each))
        for (const each of keys) met.add(each)
        if (keys.length > 0) found = true
        else if (names.size < maxNames && asGuid(name) === undefined) names.add(name)
      }
      return found
    },
  }
}

const isAsked = ({ isAsked }: { readonly isAsked: boolean }) => isAsked

const folded = (text: string) => text.normalize('NFC').toLowerCase()

/** A client has its id for a GUID. Its name is empty, and an empty name is nobody's. */
function namesOfActor({ actor }: AuditEvent): string[] {
  return [actor.guid, actor.name, actor.username].filter(name => name !== '')
}

/** Of a role that was given by user name, the target can lack the name that the request has. */
function namesOfTarget({ target, data }: AuditEvent): string[] {
  const asked = textAt(data, 'request', 'relationships', 'user', 'data', 'username')
  return [target.guid, target.name, asked].filter(name => name !== '')
}
