import type { Response } from '../cf/curl.ts'
import { logInAgain } from '../cf/error-messages.ts'
import { type AuditError, Failed, Forbidden, LoggedOut } from '../errors.ts'
import { redactedExcerpt } from '../text.ts'
import { textAt, valueAt } from './event.ts'
import { createJsonSplitter } from './json-splitter.ts'

// What an answer that is no answer means. Bodies may be JSON in the shape of either API, plain text or HTML.

/** Nothing is served at this path: API v2 is off, v3 is too old, or the answer is not Cloud Foundry's. */
export class EndpointMissing extends Failed {}

/** Cloud Foundry does not accept the question; the message holds its reason. */
export class BadRequest extends Failed {}

/** Cloud Controller cannot ask its login server for the names of users: the same without names may be answered. */
export class UaaUnavailable extends Failed {}

const uaaUnavailable = 20004

/** Error codes of cloud_controller_ng's errors/v2.yml, for bodies that came without their status line. */
const statusOfCode = new Map([
  [1000, 401],
  [10000, 404],
  [10001, 500],
  [10002, 401],
  [10003, 403],
  [10005, 400],
  [10007, 403],
  [10010, 404],
  [10011, 500],
  [10012, 400],
  [10013, 429],
  [10014, 429],
  [10015, 503],
  [10018, 429],
  [uaaUnavailable, 503],
])

/** The status that a bare body stands for, as a wrapper of `cf` prints it. */
export function statusOf(body: Buffer): number {
  const json = jsonOf(body)
  if (json === undefined) return 404 // Not JSON: whatever this is, it is not the API.
  const code = valueAt(json, 'code') ?? valueAt(valueAt(json, 'errors'), '0', 'code')
  return typeof code === 'number' ? (statusOfCode.get(code) ?? 500) : 200
}

/** The JSON that a short body begins with, such as an error; undefined for other text, {} for pages of events. */
function jsonOf(body: Buffer): unknown {
  if (body.length > 64 * 1024) return {}
  try {
    // v6 and v7 print warnings behind the JSON.
    const splitter = createJsonSplitter('first')
    const envelope = [...splitter.push(body), ...splitter.end()].find(piece => 'envelope' in piece)
    return JSON.parse(envelope?.envelope ?? '')
  } catch {
    return body.toString('latin1').trimStart().startsWith('{') ? {} : undefined
  }
}

/** What Cloud Foundry says in its error body; JSON in the shape of either API, else the text itself. */
export function reasonIn(body: Buffer): string {
  const json = jsonOf(body)
  const said =
    textAt(valueAt(json, 'errors'), '0', 'detail') ||
    textAt(json, 'description') ||
    body.toString('utf8', 0, 4096).replace(/<(script|style)[\s\S]*?<\/\1>|<[^>]*>/g, ' ')
  return redactedExcerpt(said)
}

function codeIn(body: Buffer): number | undefined {
  const json = jsonOf(body)
  const code = valueAt(json, 'code') ?? valueAt(valueAt(json, 'errors'), '0', 'code')
  return typeof code === 'number' ? code : undefined
}

/** The error that a status stands for. Bodies may be JSON, plain text or HTML: only the status is certain. */
export function errorFromStatus(status: number, { body }: Response): AuditError {
  const said = reasonIn(body)
  const quoted = said === '' ? '' : `: ${said}`
  if (status === 503 && codeIn(body) === uaaUnavailable) {
    return new UaaUnavailable(
      `Cloud Foundry cannot ask its login server (UAA) for the names of users${quoted}`,
      'Try again later; if it stays so, tell its operators.',
    )
  }
  switch (status) {
    case 400:
    case 422:
      return new BadRequest(
        `Cloud Foundry does not accept the question${quoted}`,
        'Its API may be older than this tool; cf-audit --verbose names the call.',
      )
    case 401:
      return codeIn(body) === 10002
        ? new LoggedOut('You are not logged in.', logInAgain)
        : new LoggedOut('Your session has expired.', logInAgain)
    case 403:
      return new Forbidden(
        `Cloud Foundry forbids it${quoted}`,
        'Ask an Org Manager for the Org Auditor role (cf set-org-role USER ORG OrgAuditor); with a role of API v3 alone, use --api v3.',
      )
    case 404:
      return new EndpointMissing(said === '' ? 'nothing' : said, '')
    case 500:
    case 502:
    case 503:
    case 504:
      return new Failed(
        `Cloud Foundry failed with status ${status}${quoted}`,
        'Try again later; if it stays so, tell its operators.',
      )
    default:
      return new Failed(
        `Cloud Foundry answered with status ${status}${quoted}`,
        'Try the same with cf curl itself.',
      )
  }
}
