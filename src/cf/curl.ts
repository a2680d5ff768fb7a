import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CfUnusable, CutShort, Failed } from '../errors.ts'
import { redactedExcerpt } from '../text.ts'
import { type CfVersion, isAtLeast } from './binary.ts'
import { errorFromCfOutput, panicOf } from './error-messages.ts'
import type { RunCf, RunResult } from './run.ts'

/** One answer of the API. */
export interface Response {
  /** undefined when `cf` printed no headers, as wrappers of it do. */
  readonly status: number | undefined
  /** Names in lower case; of a repeated header the last one. Set-Cookie is left out: it is nobody's business. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** Asks for one path. Statuses of any kind are answers; only silence, a failing `cf` and other noise are errors. */
export type Curl = (path: string) => Promise<Response>

/** `cf` failed in words that say nothing about Cloud Foundry: perhaps a wrapper that knows fewer paths. */
export class UnrecognizedOutput extends CfUnusable {}

/** `cf` printed nothing: on v8 up to 8.18.4 that is a dead network, bad TLS or an expired session, with exit code 0. */
export class EmptyOutput extends CutShort {}

/**
 * Makes `cf curl`. Path first, because wrappers look at the first argument; `-i`, because the exit code says nothing
 * and the status line everything; never `--fail`, which drops the body.
 */
export function createCurl(runCf: RunCf, version: () => Promise<CfVersion>): Curl {
  return async path => {
    const known = await version()
    const ran = spoilsBraces(known) ? await runToFile(runCf, path) : await runCf(['curl', path, '-i'])
    return readResponse(ran, known)
  }
}

// v8.0.0 to v8.16.0 run Go's text/template over what they print: `{{.x}}` in an event becomes `<no value>`, without an
// error (fixed in v8.17.0). Only a file gets the bytes as they came.
function spoilsBraces(version: CfVersion): boolean {
  return isAtLeast(version, [8, 0, 0]) && !isAtLeast(version, [8, 17, 0])
}

async function runToFile(runCf: RunCf, path: string): Promise<RunResult> {
  const folder = await mkdtemp(join(tmpdir(), 'cf-audit-'))
  try {
    const file = join(folder, 'answer')
    // Made beforehand: cf keeps the mode of an existing file, and would make its own readable to everyone.
    await writeFile(file, '', { mode: 0o600 })
    const ran = await runCf(['curl', path, '-i', '--output', file])
    const answer = await readFile(file)
    return answer.length > 0 ? { ...ran, stdout: answer } : ran
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const askCf = 'Try the same with cf itself: cf-audit --verbose names the call.'

/**
 * Reads one response out of what `cf curl -i` printed, whatever its version.
 * @throws Silent, NoAnswer, CfUnusable, Refused or Failed when it is not a response.
 */
export function readResponse({ stdout, stderr, exitCode }: RunResult, version: CfVersion): Response {
  if (stdout.subarray(0, 5).toString('latin1') === 'HTTP/') return withHeaders(stdout)
  const text = stdout
    .subarray(0, 64 * 1024)
    .toString('utf8')
    .replaceAll('\0', '')
    .trim()
  // A wrapper that ignores -i prints the bare body; a JSON body is an answer, whoever printed it.
  if (text.startsWith('{') || text.startsWith('['))
    return { status: undefined, headers: new Map(), body: stdout }

  const panic = panicOf(stderr)
  const known = errorFromCfOutput(text) ?? errorFromCfOutput(stderr)
  if (known !== undefined && panic === undefined) throw known
  if (panic !== undefined)
    throw new EmptyOutput(`cf itself crashed: ${panic}`, 'Update cf: from v8.17 on it no longer does.')
  const said = redactedExcerpt(text === '' || text === 'FAILED' || text === 'OK' ? stderr : text)
  if (said === '' && version !== 'unknown') throw new EmptyOutput('cf printed nothing, and no reason.', askCf)
  if (said === '') throw new UnrecognizedOutput('cf printed nothing, and its version is unknown.', askCf)
  if (exitCode !== 0) throw new UnrecognizedOutput(`cf failed: ${said}`, askCf)
  // Not JSON, no headers, exit 0: an error page through a wrapper, or no cf at all. The caller knows what it asked.
  return { status: undefined, headers: new Map(), body: stdout }
}

function withHeaders(stdout: Buffer): Response {
  const end = stdout.indexOf('\r\n\r\n')
  if (end < 0) throw new CutShort('The answer of Cloud Foundry ends in its headers.', 'Try again.')
  const [statusLine = '', ...lines] = stdout.toString('latin1', 0, end).split('\r\n')
  const status = Number(/^HTTP\/\S+ (\d{3})/.exec(statusLine)?.[1])
  if (Number.isNaN(status)) {
    throw new Failed(`cf printed a status line that is none: ${redactedExcerpt(statusLine)}`, 'Try again.')
  }
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim().toLowerCase()
    if (colon > 0 && name !== 'set-cookie') headers.set(name, line.slice(colon + 1).trim())
  }
  // v6 and v7 print one more line break after the headers; every version adds one at the end.
  return { status, headers, body: stdout.subarray(end + 4) }
}
