/** The exit codes of the process. A signal gives 128 plus its number. */
export const exitCodes = {
  done: 0,
  bug: 1,
  usage: 2,
  cfUnusable: 3,
  refused: 4,
  failed: 5,
  incomplete: 6,
  interrupted: 130,
  terminated: 143,
} as const

/** A failure with an explanation: `message` says what happened, `advice` what to do next. One line each. */
export abstract class AuditError extends Error {
  abstract readonly exitCode: number
  readonly advice: string

  constructor(message: string, advice: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.advice = advice
  }
}

/** The command line is wrong, or names a file that cannot be written. */
export class UsageError extends AuditError {
  readonly exitCode = exitCodes.usage
}

/** `cf` is missing, is another program, or is not logged in. */
export class CfUnusable extends AuditError {
  readonly exitCode = exitCodes.cfUnusable
}

/** No one is logged in, or the session has expired. */
export class LoggedOut extends CfUnusable {}

/** `cf` is logged in, but no org is targeted. */
export class NoOrgTargeted extends CfUnusable {}

/** Cloud Foundry refused the request. */
export class Forbidden extends AuditError {
  readonly exitCode = exitCodes.refused
}

/** Nothing of that name exists or is visible. */
export class NotFound extends Forbidden {}

/** Cloud Foundry, the network or `cf` itself failed, or a response is not what it should be. */
export class Failed extends AuditError {
  readonly exitCode = exitCodes.failed
}

/** The network or the API's certificate failed: every other request would fail too. */
export class Unreachable extends Failed {}

/** One call of `cf` exceeded its time limit: a request for less may succeed. */
export class TimedOut extends Failed {}

/** A response ended early, or there was none: a retry may succeed. */
export class CutShort extends Failed {}

/** Events are missing, or there is no proof that none are. */
export class Incomplete extends AuditError {
  readonly exitCode = exitCodes.incomplete
}

/** Ctrl-C, a closed terminal or SIGTERM. */
export class Interrupted extends AuditError {
  override advice: string
  readonly exitCode: number
  readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'

  /** @param advice what happened to the output. */
  constructor(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', advice = 'No output was written.') {
    super(signal === 'SIGINT' ? 'Interrupted.' : 'Terminated.', advice)
    this.advice = advice
    this.signal = signal
    this.exitCode =
      signal === 'SIGTERM' ? exitCodes.terminated : signal === 'SIGHUP' ? 129 : exitCodes.interrupted
  }

  /** Call this when part of the output has been written to stdout. */
  leavesAPart(): void {
    this.advice = 'The output is incomplete.'
  }
}

/** The user cancelled a question: print nothing. */
export class Cancelled extends Interrupted {
  constructor() {
    super('SIGINT')
  }
}

/** Esc at a question: go back to the previous one, if any. */
export class WentBack extends Cancelled {}

/** The reader closed stdout, as `head` does. Not a failure. */
export class ReaderGone extends AuditError {
  readonly exitCode = exitCodes.done

  constructor() {
    super('The output was closed by its reader.', '')
  }
}

/** The current directory was deleted. */
export function noWorkingDirectory(): UsageError {
  return new UsageError(
    'The current directory no longer exists.',
    'Change to another directory, then try again.',
  )
}

/** Whether an error is the failure of a system call, such as opening a file: not a bug. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}

/**
 * Returns an error that the command can survive: `catch (error) { warn(recoverable(error).message) }`.
 * @throws anything else unchanged: an interruption, a closed pipe, a bug.
 */
export function recoverable(error: unknown): AuditError {
  if (error instanceof AuditError && !(error instanceof Interrupted || error instanceof ReaderGone))
    return error
  throw error
}
