import { UsageError } from '../errors.ts'
import type { Report } from '../reports/catalog.ts'
import { eventType, eventTypes, families } from '../reports/event-types.ts'
import type { Messages } from '../ui/messages.ts'
import { type OptionTable, type Values, valuesOf } from './command.ts'
import { didYouMean } from './suggest.ts'

/** Which types of events a report holds. */
export const typeOptions = {
  type: {
    type: 'string',
    repeats: true,
    list: true,
    group: 'Scope',
    value: 'TYPE',
    complete: () => eventTypes,
    describe: "Only these event types; wildcards allowed, as in 'audit.user.*'",
  },
  'allow-unknown-types': {
    type: 'boolean',
    group: 'Scope',
    describe: "Accept types that 'cf-audit types' does not list",
  },
} as const satisfies OptionTable

export type TypeArgs = Partial<Values<typeof typeOptions>>

const seeTypes = "'cf-audit types' lists them."

/**
 * The report with the types that --type names in place of its own.
 * @param ofOneOrg whether the report is about one org, which some types never belong to.
 * @param showsRows whether its columns are printed.
 * @throws UsageError for an unknown name, for a pattern that finds none, and where nothing could be found.
 */
export async function applyTypes(
  report: Report,
  args: TypeArgs & { readonly asDocumented?: boolean | undefined },
  ofOneOrg: boolean,
  messages: Pick<Messages, 'debug' | 'warn'>,
): Promise<Report> {
  const given = valuesOf(args.type)
  if (given === undefined) {
    if (!args.allowUnknownTypes) return report
    throw new UsageError(
      '--allow-unknown-types has no effect without --type.',
      'Leave it out, or add --type.',
    )
  }
  if (args.asDocumented) {
    throw new UsageError('--type cannot be combined with --as-documented.', 'Use one of them.')
  }
  const { orglessTypes, ...rest } = report
  const types = await typesNamed(given, args.allowUnknownTypes === true, messages)
  // Without a type condition, Cloud Foundry also lists types that are newer than this catalogue.
  if (eventTypes.every(type => types.includes(type))) return { ...rest, types: undefined }
  if (!ofOneOrg) return { ...rest, types }
  const within = types.filter(type => eventType(type)?.hasOrg !== false)
  const without = types.filter(type => !within.includes(type))
  if (within.length === 0) {
    throw new UsageError(
      `${someOf(without)} ${without.length === 1 ? 'belongs' : 'belong'} to no org, so a report of one org never has them.`,
      'Use --all-orgs. Only global roles can see them.',
    )
  }
  if (without.length > 0) {
    messages.warn(
      `${someOf(without)} ${without.length === 1 ? 'belongs' : 'belong'} to no org and ${without.length === 1 ? 'is' : 'are'} not in this report. Use --all-orgs to include ${without.length === 1 ? 'it' : 'them'}.`,
    )
  }
  return { ...rest, types: within }
}

/** The types that are named, each once, in the order in which they are given. */
async function typesNamed(
  given: readonly string[],
  allowUnknown: boolean,
  messages: Pick<Messages, 'debug'>,
): Promise<string[]> {
  // Not at the commas within braces: {create,update} is one pattern.
  const words = given.flatMap(text => text.split(/,(?![^{}]*\})/)).map(word => word.trim())
  const names = new Set<string>()
  for (const word of words) {
    if (word === '') throw new UsageError('--type has an empty name.', seeTypes)
    const found = isGlob(word) ? await expand(word, messages) : [nameOf(word, allowUnknown)]
    for (const name of found) names.add(name)
  }
  return [...names]
}

async function expand(pattern: string, messages: Pick<Messages, 'debug'>): Promise<string[]> {
  const found = eventTypes.filter(await globOf(pattern))
  if (found.length === 0) {
    throw new UsageError(
      `no event type matches ${pattern}.${didYouMean(pattern, wholeFamilies, quoted)}`,
      seeTypes,
    )
  }
  messages.debug(`--type ${pattern} matches ${found.join(', ')}`)
  return found
}

function nameOf(word: string, allowUnknown: boolean): string {
  const name = eventTypes.find(type => type === word.toLowerCase())
  if (name !== undefined) return name
  if (allowUnknown) return word
  throw new UsageError(
    `unknown event type "${word}".${didYouMean(word, [...eventTypes, ...wholeFamilies], quoted)}`,
    `${seeTypes} Use --allow-unknown-types for a type newer than this version of cf-audit.`,
  )
}

// A leading `!` is part of a name, not "all but": what several patterns find is added up.
const globOptions = { nocase: true, nonegate: true, dot: true }

/** Whether a text has signs of a shell pattern: `*`, `?`, `[…]`, `{…,…}`. */
export function isGlob(text: string): boolean {
  return /[*?[\]{}]|[@+!]\(/.test(text)
}

/**
 * Matches full names against a shell pattern, ignoring case; `*` also matches dots. The library is loaded for the
 * first pattern: most runs have none.
 * @throws UsageError for a pattern that is too long to be one.
 */
export async function globOf(pattern: string): Promise<(name: string) => boolean> {
  const { default: picomatch } = await import('picomatch')
  try {
    const matches = picomatch(pattern, globOptions)
    return name => matches(name)
  } catch (cause) {
    throw new UsageError(
      `${pattern.slice(0, 40)}… is not a valid pattern.`,
      "Use one such as 'audit.user.*'.",
      { cause },
    )
  }
}

/** Patterns for each family of types, and for nearly all types. */
export const wholeFamilies = ['audit.*', ...Object.keys(families).map(family => `${family}.*`)]

/** The word as a shell needs it: an unquoted star stands for file names. */
export const quoted = (word: string) => (word.includes('*') ? `'${word}'` : word)

function someOf(types: readonly string[]): string {
  return types.length < 4 ? types.join(', ') : `${types.slice(0, 2).join(', ')} and ${types.length - 2} more`
}
