import type { Response } from '../cf/curl.ts'
import { logInAgain } from '../cf/error-messages.ts'
import { type AuditError, Failed, Forbidden, LoggedOut } from '../errors.ts'
import { redactedExcerpt } from '../secrets.ts'
import { textAt, valueAt } from './event.ts'
import { createJsonSplitter } from './json-splitter.ts'

// What a response that is an error means. Bodies may be JSON in the shape of either API, plain text or HTML.

/** Nothing is served at this path: API v2 is off, v3 is too old, or this is not Cloud Foundry. The message is its answer. */
export class EndpointMissing extends Failed {}

/** Cloud Foundry rejects the request; the message contains its reason. */
export class BadRequest extends Failed {}

/** Cloud Controller cannot ask its login server for the names of users; the same request without names may work. */
export class UaaUnavailable extends Failed {}

const uaaUnavailable = 20004

/** Error codes of cloud_controller_ng's errors/v2.yml, for bodies without a status line. */
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

/** The status of a response without headers, as some wrappers of `cf` print it. */
export function statusOf(body: Buffer): number {
  const json = jsonOf(body)
  if (json === undefined) return 404 // Not a response of the API.
  const code = valueAt(json, 'code') ?? valueAt(valueAt(json, 'errors'), '0', 'code')
  return typeof code === 'number' ? (statusOfCode.get(code) ?? 500) : 200
}

/** The JSON of a short body, such as an error; undefined for other text, {} for pages of events. */
function jsonOf(body: Buffer): unknown {
  if (body.length > 64 * 1024) return {}
  return firstJson(body) ?? (body.toString('latin1').trimStart().startsWith('{') ? {} : undefined)
}

/** The first JSON object of a body, after which v6 and v7 print warnings; undefined when there is none. */
export function firstJson(body: Buffer): unknown {
  try {
    const splitter = createJsonSplitter('first')
    const document = [...splitter.push(body), ...splitter.end()].find(part => 'envelope' in part)
    return JSON.parse(document?.envelope ?? '')
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The reason in an error body: JSON in the shape of either API, else the text itself. */
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

/** The error that a status stands for. */
export function errorFromStatus(status: number, { body }: Response): AuditError {
  const said = reasonIn(body)
  const quoted = said === '' ? '' : `: ${said}`
  if (status === 503 && codeIn(body) === uaaUnavailable) {
    return new UaaUnavailable(
      `Cloud Foundry cannot get the names of users from its login server (UAA)${quoted}`,
      'Try again later. If it keeps failing, contact its operators.',
    )
  }
  switch (status) {
    case 400:
    case 422:
      return new BadRequest(
        `Cloud Foundry rejected the request${quoted}`,
        'Its API may be too old for cf-audit; --verbose shows the request.',
      )
    case 401:
      return codeIn(body) === 10002
        ? new LoggedOut('You are not logged in.', logInAgain)
        : new LoggedOut('Your session has expired.', logInAgain)
    case 403:
      return new Forbidden(
        `Permission denied by Cloud Foundry${quoted}`,
        'Ask an Org Manager to run cf set-org-role USER ORG OrgAuditor. As a Space Supporter, use --api v3.',
      )
    case 404:
      return new EndpointMissing(said === '' ? 'nothing' : said, '')
    case 500:
    case 502:
    case 503:
    case 504:
      return new Failed(
        `Cloud Foundry failed with status ${status}${quoted}`,
        'Try again later. If it keeps failing, contact its operators.',
      )
    default:
      return new Failed(
        `Cloud Foundry answered with status ${status}${quoted}`,
        'Run the same request with cf curl; --verbose shows it.',
      )
  }
}
