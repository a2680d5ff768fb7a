import type { Argv, InferredOptionTypes } from 'yargs'
import type { Context } from '../../context.ts'
import type { outputOptions, sayOptions } from '../options.ts'
import type { PartyArgs } from '../parties.ts'
import type { RenderingArgs } from '../rendering.ts'
import { usageError } from '../usage.ts'

export type SayArgs = InferredOptionTypes<typeof sayOptions>

/** The program that commands are added to. */
export type Program = Argv<SayArgs>

/** What a command line stands for. */
export type Action = (open: (args: SayArgs) => Context) => Promise<void>

/**
 * Thrown by the handler of a command: behind one that returns, yargs prints the whole help to memory, which takes longer
 * than anything else at start-up.
 */
export class Chosen extends Error {
  readonly action: Action

  constructor(action: Action) {
    super('A command was chosen.')
    this.action = action
  }
}

/** The argument of a command; behind `--` even a name that begins with a dash is one. */
export function argument(args: object, name: string | undefined): string | undefined {
  const words = '--' in args && Array.isArray(args['--']) ? args['--'].map(String) : []
  const all = name === undefined ? words : [name, ...words]
  if (all.length > 1) throw usageError(`Unknown argument: ${all.slice(1).join(', ')}`, [])
  return all[0]
}

/** What was said with an option that may be repeated, one text for each time; undefined: nothing. */
export function valuesOf(value: unknown): string[] | undefined {
  return value === undefined ? undefined : [value].flat().map(String)
}

/** What was said about who did something, and to what. */
export function partyArgs(args: { actor?: unknown; target?: unknown }): PartyArgs {
  return { actor: valuesOf(args.actor) ?? [], target: valuesOf(args.target) ?? [] }
}

type OutputArgs = InferredOptionTypes<Omit<typeof outputOptions, 'as-documented' | 'unredacted'>>

/** What was said about the output, with what holds where nothing was said. */
export function renderingArgs(
  args: OutputArgs & { asDocumented?: boolean | undefined; unredacted?: boolean | undefined },
): RenderingArgs {
  const {
    format,
    output,
    columns,
    header,
    truncate,
    excel = false,
    guard,
    asDocumented = false,
    unredacted = false,
  } = args
  return { format, output, columns, header, truncate, excel, guard, asDocumented, unredacted }
}
