import { UsageError } from '../errors.ts'
import type { Report } from '../reports/catalog.ts'
import { globOf, isGlob } from '../reports/event-type-search.ts'
import { eventType, eventTypes, families } from '../reports/event-types.ts'
import type { Messages } from '../ui/messages.ts'
import type { OutputArgs } from './output.ts'
import { didYouMean } from './suggest.ts'

/** What was said on the command line about types. */
export interface TypeArgs {
  /** Names and shell patterns, each perhaps several with commas between; undefined: the report's own. */
  readonly type?: readonly string[] | undefined
  readonly allowUnknownTypes?: boolean | undefined
}

const seeTypes = 'cf-audit types lists them.'

/**
 * The report with the types that --type names in place of its own.
 * @param ofOneOrg whether the question is about one org, which some types never belong to.
 * @throws UsageError for an unknown name, for a pattern that finds none, and where nothing could be found.
 */
export async function applyTypes(
  report: Report,
  args: TypeArgs & Pick<OutputArgs, 'asDocumented' | 'format'>,
  ofOneOrg: boolean,
  messages: Pick<Messages, 'info' | 'warn'>,
): Promise<Report> {
  if (args.type === undefined) {
    if (!args.allowUnknownTypes) return report
    throw new UsageError('--allow-unknown-types is for --type, which is not given.', 'Leave it out.')
  }
  if (args.asDocumented) {
    throw new UsageError(
      '--type and --as-documented exclude each other: it prints the bytes of the page’s own recipe.',
      'Leave out one of them.',
    )
  }
  const { orglessTypes, ...rest } = report
  const types = await typesNamed(args.type, args.allowUnknownTypes === true, messages)
  const own = report.types
  if (own !== undefined && types.some(type => !own.includes(type)) && !/json$/.test(args.format ?? '')) {
    messages.info(`The columns of ${report.name} are made for its own types; those of events fit all.`)
  }
  // Asked without a condition, Cloud Foundry also gives types that are newer than this catalogue.
  if (eventTypes.every(type => types.includes(type))) return { ...rest, types: undefined }
  if (!ofOneOrg) return { ...rest, types }
  const within = types.filter(type => eventType(type)?.hasOrg !== false)
  const without = types.filter(type => !within.includes(type))
  if (within.length === 0) {
    throw new UsageError(
      `${someOf(without)} ${without.length === 1 ? 'belongs' : 'belong'} to no org: no question about one org finds them.`,
      '--all-orgs asks for them; only roles for the whole foundation see them.',
    )
  }
  if (without.length > 0) {
    messages.warn(
      `${someOf(without)} ${without.length === 1 ? 'belongs' : 'belong'} to no org, so none can be found here; --all-orgs asks for them.`,
    )
  }
  return { ...rest, types: within }
}

/** The names that are meant, each once, in the order in which they are given. */
async function typesNamed(
  given: readonly string[],
  allowUnknown: boolean,
  messages: Pick<Messages, 'info'>,
): Promise<string[]> {
  // Not at the commas within braces: {create,update} is one pattern.
  const words = given.flatMap(text => text.split(/,(?![^{}]*\})/)).map(word => word.trim())
  const names = new Set<string>()
  for (const word of words) {
    if (word === '') throw new UsageError('--type names an empty type.', seeTypes)
    const found = isGlob(word) ? await expand(word, messages) : [nameOf(word, allowUnknown)]
    for (const name of found) names.add(name)
  }
  return [...names]
}

async function expand(pattern: string, messages: Pick<Messages, 'info'>): Promise<string[]> {
  const found = eventTypes.filter(await globOf(pattern))
  if (found.length === 0) {
    throw new UsageError(
      `--type ${pattern} matches none of the ${eventTypes.length} event types.${didYouMean(pattern, wholeFamilies, quoted)}`,
      seeTypes,
    )
  }
  messages.info(`--type ${pattern}: ${found.length === 1 ? found[0] : `${found.length} types`}.`)
  return found
}

function nameOf(word: string, allowUnknown: boolean): string {
  const name = eventTypes.find(type => type === word.toLowerCase())
  if (name !== undefined) return name
  if (allowUnknown) return word
  throw new UsageError(
    `${word} is none of the ${eventTypes.length} event types.${didYouMean(word, [...eventTypes, ...wholeFamilies], quoted)}`,
    `${seeTypes} --allow-unknown-types asks for a name that they lack.`,
  )
}

/** The patterns that stand for a family, and for nearly all. */
export const wholeFamilies = ['audit.*', ...Object.keys(families).map(family => `${family}.*`)]

/** The word as a shell needs it, which would take a star for file names. */
export const quoted = (word: string) => (word.includes('*') ? `'${word}'` : word)

function someOf(types: readonly string[]): string {
  return types.length < 4 ? types.join(', ') : `${types.slice(0, 2).join(', ')} and ${types.length - 2} more`
}
