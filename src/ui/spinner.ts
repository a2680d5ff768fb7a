import type { Writable } from 'node:stream'

/** A line that turns at the foot of a terminal. */
export interface Spinner {
  /** Takes the line away; what was printed meanwhile stays. */
  stop(): void
}

/**
 * Starts a spinner. What else is written to stdout or stderr while it turns is put above it.
 * @param line what stands beside it, asked anew as it turns; it has to fit the terminal.
 */
export async function spin(stream: Writable, line: () => string): Promise<Spinner> {
  const { default: ora } = await import('ora')
  const spinner = ora({
    stream: stream as NodeJS.WritableStream,
    isEnabled: true, // Who calls has looked at the terminal.
    text: line(),
    color: false, // ora judges by stdout, and does not know NO_COLOR.
    // ora leaves stdin in raw mode, in which Ctrl-C interrupts nobody.
    discardStdin: false,
    // Whoever hides the cursor must show it again, and a process that is killed cannot. What ora loads for that also
    // ends the process at the first signal, before our own end has tidied up.
    hideCursor: false,
  }).start()
  const timer = setInterval(() => {
    spinner.text = line()
  }, 200).unref()
  return {
    stop() {
      clearInterval(timer)
      spinner.stop()
    },
  }
}
