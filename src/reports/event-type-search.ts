// A leading `!` is part of a name, not "all but": what several patterns find is added up.
import { UsageError } from '../errors.ts'
import { reports } from './catalog.ts'
import { eventType, eventTypes, type Writer } from './event-types.ts'

const options = { nocase: true, nonegate: true, dot: true }

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
    const matches = picomatch(pattern, options)
    return name => matches(name)
  } catch (cause) {
    throw new UsageError(
      `${pattern.slice(0, 40)}… is not a valid pattern.`,
      "Use one such as 'audit.user.*'.",
      { cause },
    )
  }
}

/** A type as the catalogue shows it. */
export interface CatalogEntry {
  readonly type: string
  /** What happened. */
  readonly what: string
  /** The reports that are made for it; `events`, which holds all, only where there is no other. */
  readonly reports: readonly string[]
  readonly writer: Writer
}

/** The whole catalogue, in alphabetical order. */
export const catalogue: readonly CatalogEntry[] = eventTypes
  .flatMap(name => eventType(name) ?? [])
  .map(({ name, what, writer }) => ({ type: name, what, reports: reportsOf(name), writer }))

function reportsOf(type: string): string[] {
  const made = reports.filter(report => report.types?.includes(type)).map(({ name }) => name)
  return made.length > 0 ? made : ['events']
}

/** What a search found, and those of its words that nothing has. */
export interface Found {
  readonly listed: readonly CatalogEntry[]
  readonly strange: readonly string[]
}

/**
 * Those types that have every one of the words, in any case, somewhere in what is shown of them; a shell pattern has to
 * fit the whole name.
 */
export async function search(words: readonly string[]): Promise<Found> {
  const tests = await Promise.all(words.map(testFor))
  return {
    listed: catalogue.filter(listed => tests.every(test => test(listed))),
    strange: words.filter((_, index) => !catalogue.some(listed => tests[index]?.(listed))),
  }
}

async function testFor(word: string): Promise<(listed: CatalogEntry) => boolean> {
  if (isGlob(word)) {
    const matches = await globOf(word)
    return ({ type }) => matches(type)
  }
  const lower = word.toLowerCase()
  return listed => textOf(listed).includes(lower)
}

function textOf({ type, what, reports, writer }: CatalogEntry): string {
  return [type, what, ...reports, writer].join('\n').toLowerCase()
}

/** All words of the catalogue, for guesses at what was meant. */
export function vocabulary(): string[] {
  return [...new Set(catalogue.flatMap(listed => textOf(listed).match(/[a-z0-9]{3,}/g) ?? []))]
}
