import { rmSync } from 'node:fs'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { temporaryVariable } from '../cache.ts'
import { CfUnusable, CutShort, Failed, isSystemError } from '../errors.ts'
import { redactedExcerpt } from '../secrets.ts'
import { type CfVersion, isAtLeast } from './binary.ts'
import { errorFromCfOutput, linesIn, panicOf, printedMore } from './error-messages.ts'
import type { RunCf, RunResult } from './run.ts'

/** One response of the API. */
export interface Response {
  /** undefined when `cf` printed no headers, as wrappers of it do. */
  readonly status: number | undefined
  /** Names in lower case; of a repeated header the last one. Without Set-Cookie, which is a secret. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** Requests one path. A response of any status is a result; only a missing response is an error. */
export type Curl = (path: string) => Promise<Response>

/** `cf` failed with a message that we do not know: it may be a wrapper that supports fewer paths. */
export class UnrecognizedOutput extends CfUnusable {}

/** `cf` printed nothing: v8 up to 8.18.4 does so, with exit code 0, when the network, TLS or the session fails. */
export class EmptyOutput extends CutShort {}

/**
 * Makes the function that runs `cf curl`. The path comes first, because wrappers look at the first argument; `-i`, because
 * only the status line shows how a request ended, the exit code does not; never `--fail`, which drops the body.
 */
export function createCurl(runCf: RunCf, version: () => Promise<CfVersion>): Curl {
  return async path => {
    const known = await version()
    const ran = spoilsBraces(known) ? await runToFile(runCf, path) : await runCf(['curl', path, '-i'])
    return readResponse(ran, known)
  }
}

// v8.0.0 to v8.16.0 run Go's text/template over what they print: `{{.x}}` in an event becomes `<no value>`, without an
// error (fixed in v8.17.0). With --output they write the bytes as they came.
function spoilsBraces(version: CfVersion): boolean {
  return isAtLeast(version, [8, 0, 0]) && !isAtLeast(version, [8, 17, 0])
}

async function runToFile(runCf: RunCf, path: string): Promise<RunResult> {
  const folder = await createFolder()
  try {
    const file = join(folder, 'response')
    // Created before: cf keeps the mode of an existing file, and would let everyone read one of its own.
    await writeFile(file, '', { mode: 0o600 })
    const ran = await runCf(['curl', path, '-i', '--output', file])
    const response = await readFile(file)
    return response.length > 0 ? { ...ran, stdout: response } : ran
  } finally {
    rmSync(folder, { recursive: true, force: true }) // At once: a run that is interrupted does not wait for it.
  }
}

async function createFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'cf-audit-'))
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw new CfUnusable(
      `cf before v8.17 needs a folder for temporary files, and ${tmpdir()} is not usable: ${error.code}.`,
      `Set ${temporaryVariable} to a folder that you can write to, or update cf.`,
      { cause: error },
    )
  }
}

const askCf = 'Run the same call with cf itself; cf-audit --verbose shows it.'

/**
 * Reads what `cf curl -i` printed.
 * @throws EmptyOutput, UnrecognizedOutput, CutShort, or what the words of `cf` mean, when it is no response.
 */
export function readResponse({ stdout, stderr, exitCode }: RunResult, version: CfVersion): Response {
  const start = responseStart(stdout)
  const before = start === undefined ? stdout.subarray(0, 64 * 1024) : stdout.subarray(0, start.at)
  const text = before.toString('utf8').replaceAll('\0', '').trim()
  const lines = linesIn(text)
  // A failure of cf may quote JSON.
  const isFailure = lines[0] === 'FAILED' || (lines.length > 0 && exitCode !== 0)
  if (start !== undefined && (start.hasHeaders || !isFailure)) {
    if (lines.length > 0) throw errorFromCfOutput(text) ?? printedMore(lines)
    const response = stdout.subarray(start.at)
    return start.hasHeaders
      ? withHeaders(response, version)
      : { status: undefined, headers: new Map(), body: response }
  }
  const panic = panicOf(stderr)
  if (panic !== undefined) throw new EmptyOutput(`cf crashed: ${panic}`, 'Update cf to v8.17 or later.')
  const known = errorFromCfOutput(text) ?? errorFromCfOutput(stderr)
  if (known !== undefined) throw known
  const said = redactedExcerpt(text === '' || text === 'FAILED' || text === 'OK' ? stderr : text)
  if (said === '' && version !== 'unknown')
    throw new EmptyOutput('cf printed nothing, not even an error.', askCf)
  if (said === '') throw new UnrecognizedOutput('cf printed nothing, and its version is unknown.', askCf)
  if (exitCode !== 0) throw new UnrecognizedOutput(`cf failed: ${said}`, askCf)
  // Neither JSON nor headers, exit code 0: an error page through a wrapper, or another program. The caller decides.
  return { status: undefined, headers: new Map(), body: stdout }
}

/** Where a response begins: at its status line or, printed by a wrapper that ignores `-i`, at its JSON. */
function responseStart(stdout: Buffer): { readonly at: number; readonly hasHeaders: boolean } | undefined {
  const text = stdout.toString('latin1', 0, 64 * 1024)
  const status = /^HTTP\/\d/m.exec(text)
  if (status !== null) return { at: status.index, hasHeaders: true }
  if (/^\s*</.test(text)) return undefined // A page of HTML may contain lines of JSON.
  const json = /^[\0\s]*(?=\{\s*["}]|\[\s*[{\]])/m.exec(text)
  return json === null ? undefined : { at: json.index, hasHeaders: false }
}

function withHeaders(stdout: Buffer, version: CfVersion): Response {
  const end = stdout.indexOf('\r\n\r\n')
  if (end < 0) throw new CutShort('The response from Cloud Foundry ends within its headers.', 'Try again.')
  const [statusLine = '', ...lines] = stdout.toString('latin1', 0, end).split('\r\n')
  const status = Number(/^HTTP\/\S+ (\d{3})/.exec(statusLine)?.[1])
  if (Number.isNaN(status)) {
    throw new Failed(`cf printed an invalid status line: ${redactedExcerpt(statusLine)}`, 'Try again.')
  }
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim().toLowerCase()
    if (colon > 0 && name !== 'set-cookie') headers.set(name, line.slice(colon + 1).trim())
  }
  // v6 and v7 indent JSON and print one more line break after the headers; every version adds one at the end.
  const body = stdout.subarray(end + 4)
  const size = status >= 200 && status < 300 && status !== 204 ? headers.get('content-length') : undefined
  const isAsItCame = isAtLeast(version, [8, 0, 0]) && size !== undefined && /^\d+$/.test(size)
  return { status, headers, body: isAsItCame ? bodyOfSize(body, Number(size)) : body }
}

const lineBreak = 0x0a

/**
 * The body without the line break that v8 adds, if it has the size that the server sent. (A compressed body comes without
 * Content-Length: Go's net/http drops it with the compression.)
 * @throws CutShort, or Failed when something between the server and us has altered it.
 */
function bodyOfSize(printed: Buffer, size: number): Buffer {
  if (printed.length < size) {
    const received = printed.length - (printed.at(-1) === lineBreak ? 1 : 0)
    throw new CutShort(
      `The response from Cloud Foundry was cut short: ${received} of ${size} bytes.`,
      'Try again. If it keeps failing, contact the operators of Cloud Foundry.',
    )
  }
  // With a body that is not text, v8.17 and later print the line break before it instead of after it.
  if (printed.length === size + 1 && printed[0] === lineBreak && printed[size] !== lineBreak) {
    return printed.subarray(1)
  }
  if (printed.length === size || /^\r?\n/.test(printed.toString('latin1', size, size + 2))) {
    return printed.subarray(0, size)
  }
  throw new Failed(
    `cf altered the response: Cloud Foundry sent ${size} bytes, cf printed ${printed.length}.`,
    'If cf is a script that changes the output, name the Cloud Foundry CLI with --cf PATH or CF_AUDIT_CF.',
  )
}
