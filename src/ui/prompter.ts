import { isCi } from './messages.ts'

/** Questions to a person. Each rejects with WentBack at Esc, with Cancelled when it is left unanswered. */
export interface Prompter {
  /** What a person types to go back. */
  readonly back: string
  /** One of a few; the first one is proposed. */
  choose<T>(question: string, choices: readonly Choice<T>[]): Promise<T>
  /** One of many, found by typing a part of its label; the first one is proposed. */
  search<T>(question: string, choices: readonly Choice<T>[]): Promise<T>
  write(question: string, field?: Field): Promise<string>
}

/** An answer to choose. */
export interface Choice<T> {
  readonly label: string
  readonly value: T
  /** What to know of it. */
  readonly hint?: string | undefined
}

/** An answer to write. */
export interface Field {
  /** What stands there to begin with. */
  readonly initial?: string | undefined
  /** What an empty answer means. */
  readonly empty?: string | undefined
  /** Why an answer is none; undefined: it is one. */
  readonly check?: (text: string) => string | undefined
}

/** Where questions go to and answers come from. */
export interface PrompterOptions {
  readonly stdin: NodeJS.ReadStream
  /** Questions are no data: they never go to stdout. */
  readonly stderr: NodeJS.WriteStream
  readonly env: NodeJS.ProcessEnv
  /** Whether colours are wanted. */
  readonly color: boolean
  readonly signal: AbortSignal
}

/** Whether questions can be asked: keys come from a terminal, questions go to one, and this is no CI run. */
export function canPrompt({
  stdin,
  stderr,
  env,
}: Pick<PrompterOptions, 'stdin' | 'stderr' | 'env'>): boolean {
  return stdin.isTTY === true && stderr.isTTY === true && !isCi(env)
}
