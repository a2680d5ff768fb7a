import type { Writable } from 'node:stream'
import { grouped } from '../text.ts'
import { isCi } from './messages.ts'

/** Progress of a run, shown on a terminal until the run is done. */
export interface Progress {
  /** Starts to show progress, if the run takes long enough. */
  start(): void
  /** How many events are to come, as Cloud Foundry counts them. */
  expect(total: number): void
  /** One more page was read. */
  page(events: number): void
  /** All events have been read; names are looked up next. */
  naming(): void
  /** No request is made for this many milliseconds. */
  waiting(ms: number, why: string): void
  /** Clears it until the next start, while something else needs the terminal. */
  pause(): void
  /** Clears it for good. */
  stop(): void
}

/** What progress needs. */
export interface ProgressOptions {
  readonly stream: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly env: NodeJS.ProcessEnv
  readonly quiet?: boolean | undefined
  readonly verbose?: boolean | undefined
  /** Milliseconds. */
  readonly now: () => number
  readonly signal: AbortSignal
  readonly spin?: typeof spin
}

// A shorter run needs no progress; it would flicker.
const patience = 400

/** Shows and loads nothing unless the stream is a terminal and the run takes a while. */
export function createProgress(options: ProgressOptions): Progress {
  const { stream, now, signal } = options
  let pace: Pace | undefined
  let timer: NodeJS.Timeout | undefined
  let spinner: Spinner | undefined
  let over = !isWanted(options)

  async function show(): Promise<void> {
    const shown = pace
    const started = await (options.spin ?? spin)(stream, () =>
      pace === undefined ? '' : fitting(pace.parts(now()), (stream.columns ?? 80) - 4),
    )
    if (over || pace !== shown) started.stop()
    else spinner = started
  }

  function pause(): void {
    clearTimeout(timer)
    spinner?.stop()
    spinner = undefined
    pace = undefined
  }

  function stop(): void {
    over = true
    pause()
  }

  return {
    start() {
      if (over || pace !== undefined) return
      pace = createPace(now())
      signal.addEventListener('abort', stop, { once: true })
      // A report does not need progress.
      timer = setTimeout(() => show().catch(() => {}), patience).unref()
    },
    expect: total => pace?.expect(total),
    page: events => pace?.page(events, now()),
    naming: () => pace?.naming(),
    waiting: (ms, why) => pace?.waiting(now(), ms, why),
    pause,
    stop,
  }
}

// Some terminals claim to have no columns; a spinner would search for its first line forever.
function isWanted({ stream, env, quiet, verbose }: ProgressOptions): boolean {
  const isSeen = stream.isTTY === true && (stream.columns ?? 0) > 0
  return isSeen && env.TERM !== 'dumb' && !isCi(env) && !quiet && !verbose
}

/** How far a reading is, and the estimates made from it. */
export interface Pace {
  expect(total: number): void
  page(events: number, now: number): void
  naming(): void
  waiting(now: number, ms: number, why: string): void
  /** The parts of the line, the most important first. */
  parts(now: number): string[]
}

// Use the rate of the last pages: the first page is slower than pages read in parallel.
const lastPages = 12

/** @param started in milliseconds, like all times here. */
export function createPace(started: number): Pace {
  let total: number | undefined
  let events = 0
  let pages = 0
  let largest = 0
  let isNaming = false
  let marks = [{ at: started, events: 0 }]
  let pause = { until: started, why: '' }

  function ofPages(): string {
    const ahead = total === undefined || largest === 0 ? 0 : Math.ceil((total - events) / largest)
    return `page ${grouped(pages)}${ahead > 0 ? ` of ${grouped(pages + ahead)}` : ''}`
  }

  return {
    expect(count) {
      total = count
    },
    page(count, now) {
      events += count
      pages++
      largest = Math.max(largest, count)
      marks = [...marks, { at: now, events }].slice(-lastPages)
    },
    naming() {
      isNaming = true
    },
    waiting(now, ms, why) {
      const until = now + ms
      if (until <= pause.until) return
      // Time spent waiting does not count against the rate.
      const longer = until - Math.max(now, pause.until)
      marks = marks.map(mark => ({ ...mark, at: mark.at + longer }))
      pause = { until, why }
    },
    parts(now) {
      const waits = pause.until > now ? [`waiting ${lasting(pause.until - now)} ${pause.why}`] : []
      if (total === undefined) return waits.length > 0 ? waits : ['Waiting for Cloud Foundry']
      const isCounted = events <= total
      const done = `${grouped(events)}${isCounted ? ` of ${grouped(total)}` : ''} ${total === 1 ? 'event' : 'events'}`
      if (waits.length > 0) return [done, ...waits]
      if (isNaming) return [done, 'looking up names']
      const [first, last] = [marks[0]!, marks.at(-1)!]
      const rate = (last.events - first.events) / (last.at - first.at)
      if (!(rate > 0) || rate === Number.POSITIVE_INFINITY) return [done, ofPages()]
      const left = Math.max(0, (total - events) / rate - (now - last.at))
      return [
        done,
        ofPages(),
        `${grouped(Math.round(rate * 1000))}/s`,
        ...(events < total ? [`${lasting(left)} left`] : []),
      ]
    },
  }
}

/** As many of the parts as fit; at least one. */
export function fitting(parts: readonly string[], width: number): string {
  for (let count = parts.length; count > 0; count--) {
    const line = parts.slice(0, count).join(', ')
    if (line.length <= width) return line
  }
  return (parts[0] ?? '').slice(0, Math.max(0, width))
}

function lasting(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000))
  const minutes = Math.floor(seconds / 60)
  if (minutes === 0) return `${seconds} s`
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** A spinner on the last line of a terminal. */
export interface Spinner {
  /** Clears the line; what was printed meanwhile stays. */
  stop(): void
}

/**
 * Starts a spinner. Other output to stdout or stderr appears above it.
 * @param line gives the text beside it, again and again; it has to fit the terminal.
 */
export async function spin(stream: Writable, line: () => string): Promise<Spinner> {
  const { default: ora } = await import('ora')
  const spinner = ora({
    stream: stream as NodeJS.WritableStream,
    isEnabled: true, // The caller has checked the terminal.
    text: line(),
    color: false, // ora looks at stdout, and does not know NO_COLOR.
    // ora leaves stdin in raw mode, in which Ctrl-C sends no signal.
    discardStdin: false,
    // A killed process cannot show a hidden cursor again. What ora loads to do so also ends the process at the
    // first signal, before we have cleaned up.
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
