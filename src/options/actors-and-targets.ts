import { type AuditEvent, asGuid, textAt } from '../capi/event.ts'
import type { KnownUsers } from '../capi/users.ts'
import { Failed, UsageError } from '../errors.ts'
import { joinNames, plural } from '../text.ts'
import type { Messages } from '../ui/messages.ts'
import { type OptionTable, type Values, valuesOf } from './command.ts'
import { didYouMean } from './suggest.ts'

/** Who did something, and to what. */
export const actorTargetOptions = {
  actor: {
    type: 'string',
    repeats: true,
    group: 'Scope',
    value: 'WHO',
    describe: 'Only events by WHO: user name, email, GUID or client ID; repeat for several',
  },
  target: {
    type: 'string',
    repeats: true,
    group: 'Scope',
    value: 'WHAT',
    describe: 'Only events that target WHAT: name, user name or GUID; repeat for several',
  },
  about: {
    type: 'string',
    repeats: true,
    group: 'Scope',
    value: 'WHAT',
    describe:
      'The history of an app, service instance, route, space or user, by name or GUID, with its bindings and keys',
  },
} as const satisfies OptionTable

/** Any of the actors, and any of the targets, and any of the things that an event is about. */
export interface ActorsAndTargets {
  readonly actor: readonly string[]
  readonly target: readonly string[]
  readonly about: readonly string[]
}

/**
 * The actors and targets that a command line asks for.
 * @throws UsageError where one is empty, or cannot be combined with --as-documented.
 */
export function actorsAndTargetsOf(
  args: Partial<Values<typeof actorTargetOptions>> & { readonly asDocumented?: boolean | undefined },
): ActorsAndTargets {
  const asked = {
    actor: valuesOf(args.actor) ?? [],
    target: valuesOf(args.target) ?? [],
    about: valuesOf(args.about) ?? [],
  }
  for (const [name, words] of Object.entries(asked)) {
    // The name of a client is empty in every event.
    if (words.includes('')) throw new UsageError(`--${name} is empty.`, 'Leave it out, or give it a value.')
    if (words.length > 0 && args.asDocumented) {
      throw new UsageError(`--${name} cannot be combined with --as-documented.`, 'Use one of them.')
    }
  }
  return asked
}

/**
 * The target GUIDs that the API can be asked for; undefined where events have to be compared here: a target given by name,
 * or a word that looks like a GUID among events of users, whose user name may look so.
 * @param types those of the report; undefined: all.
 */
export function targetsToAsk(
  { target }: Pick<ActorsAndTargets, 'target'>,
  types: readonly string[] | undefined,
): string[] | undefined {
  const mayBeUser = types?.some(type => type.startsWith('audit.user.')) ?? true
  if (target.length === 0 || mayBeUser || !target.every(word => asGuid(word) !== undefined)) return undefined
  // A GUID that was made outside of Cloud Foundry may be in upper case.
  const guids = [...new Set(target.flatMap(word => [asGuid(word) ?? word, word]))]
  // A database that compares without case would find an event by either, and so in two parts of a long query.
  return guids.length > new Set(target).size && guids.length > 100 ? undefined : guids
}

/** That every event was compared, in a clause. */
export const allChecked = (events: number): string =>
  events === 1 ? 'the only event was checked' : `all ${plural(events, 'event')} were checked`

/** Keeps the events of some actors and targets, and counts. */
export interface ActorTargetFilter {
  keep(events: readonly AuditEvent[]): AuditEvent[]
  /** @throws Failed after the last event, when an actor without events may be a user whose name could not be looked up. */
  assertUsersKnown(): void
  /** What the events match, in a phrase; '' where nothing is asked for. */
  readonly words: string
  /** After the last event: how many of how many, and what matched nothing. */
  logSummary(messages: Messages): void
}

// Names that are kept for a suggestion.
const maxNames = 10_000

/** @param users what was looked up about the words, as user names. */
export function createActorTargetFilter(
  { actor, target }: Pick<ActorsAndTargets, 'actor' | 'target'>,
  users: KnownUsers = { guids: new Map() },
): ActorTargetFilter {
  const actors = createMatcher('--actor', actor, namesOfActor, users.guids)
  const matchers = [actors, createMatcher('--target', target, namesOfTarget, users.guids)].filter(
    each => each.isAsked,
  )
  let read = 0
  let kept = 0
  let fromV3 = false

  const words = matchers.map(each => each.words).join(' and ')

  return {
    words,
    keep(events) {
      if (matchers.length === 0) return [...events]
      read += events.length
      fromV3 ||= events.some(event => event.api === 'v3')
      // Each matcher looks at every event, to know which of its words match none.
      const matching = events.filter(event => matchers.map(each => each.matches(event)).every(Boolean))
      kept += matching.length
      return matching
    },

    assertUsersKnown() {
      const [word] = actors.unmatched()
      if (users.trouble === undefined || word === undefined || !fromV3) return
      throw new Failed(
        `could not look up whether ${word} is a user name: ${users.trouble.message}`,
        'Give the GUID of the user with --actor, or try again later. API v3 names actors by email address only.',
      )
    },

    logSummary(messages) {
      if (matchers.length === 0 || read === 0) return
      const checked = allChecked(read)
      const unmatched = matchers.flatMap(each =>
        each.unmatched().map(word => {
          // A known user who did nothing is no typing error.
          const meant = users.guids.has(word) ? '' : didYouMean(word, each.names)
          return { name: `${each.option} ${word}`, meant }
        }),
      )
      const isNone = kept === 0 && unmatched.length > 0
      if (!isNone) {
        messages.info(`${plural(kept, 'event')} ${kept === 1 ? 'matches' : 'match'} ${words} (${checked}).`)
      }
      for (const [index, { name, meant }] of unmatched.entries()) {
        const all = isNone && index === 0 ? ` (${checked})` : ''
        messages.warn(`no event matches ${name}${all}.${meant}`)
      }
    },
  }
}

/** One of the two conditions. */
function createMatcher(
  option: string,
  words: readonly string[],
  namesOf: (event: AuditEvent) => readonly string[],
  guids: KnownUsers['guids'],
) {
  const wanted = new Map(words.map(word => [folded(word), word]))
  const byGuid = new Map(
    [...guids].flatMap(([word, all]) => all.map(guid => [folded(guid), folded(word)] as const)),
  )
  const matched = new Set<string>()
  const names = new Set<string>()

  return {
    option,
    words: `${option} ${joinNames([...wanted.values()], { word: 'or' })}`,
    isAsked: wanted.size > 0,
    /** The names of other events, for suggestions. */
    names,
    unmatched: () => [...wanted].filter(([key]) => !matched.has(key)).map(([, word]) => word),
    matches(event: AuditEvent): boolean {
      let found = false
      for (const name of namesOf(event)) {
        const key = folded(name)
        // A GUID may be asked for itself, and as that of a user name.
        const keys = [key, byGuid.get(key) ?? key].filter(each => wanted.has(each))
        for (const each of keys) matched.add(each)
        if (keys.length > 0) found = true
        else if (names.size < maxNames && asGuid(name) === undefined) names.add(name)
      }
      return found
    },
  }
}

const folded = (text: string) => text.normalize('NFC').toLowerCase()

/** The GUID of a client is its id, and its name is empty. */
function namesOfActor({ actor }: AuditEvent): string[] {
  return [actor.guid, actor.name, actor.username].filter(name => name !== '')
}

/** When a role was given by user name, the target may lack the name that the request has. */
function namesOfTarget({ target, data }: AuditEvent): string[] {
  const asked = textAt(data, 'request', 'relationships', 'user', 'data', 'username')
  return [target.guid, target.name, asked].filter(name => name !== '')
}
