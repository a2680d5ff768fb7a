import {
  type AuditError,
  CfUnusable,
  CutShort,
  Failed,
  LoggedOut,
  NoOrgTargeted,
  NotFound,
  Unreachable,
} from '../errors.ts'
import { redactedExcerpt } from '../secrets.ts'

export const logInAgain = 'Run cf login, then try again.'
const tryAgain = 'Try again. If it keeps failing, check what cf curl prints.'

/** What the messages of `cf` mean: the first row that matches. v6 to v8 print them in English, in any locale. */
const meanings: readonly (readonly [words: RegExp, meaning: (match: RegExpExecArray) => AuditError])[] = [
  // First, because the name that it quotes can contain anything, such as other messages.
  [
    /^Organization '?(.*?)'? not found\.?\s*$/im,
    match => noSuchOrg(redactedExcerpt(match[1] ?? '', longestName)),
  ],
  [
    // `cf config --trace true` wins over CF_TRACE=false on v6 and v7 (trace.NewLogger joins them with OR).
    /^\s*(?:REQUEST: \[|CF_TRACE ERROR CREATING LOG FILE)/,
    () =>
      new CfUnusable(
        'cf prints a trace instead of the response.',
        'Run cf config --trace false, then try again.',
      ),
  ],
  [
    /No API endpoint set|No API endpoint targeted/i,
    () => new CfUnusable('cf has no API endpoint set.', 'Run cf login -a API-URL, then try again.'),
  ],
  [
    /The token expired, was revoked|Authentication has expired|Invalid auth token|not a compact JWS|CF-InvalidAuthToken|refresh token (?:is )?(?:expired|invalid)/i,
    () => new LoggedOut('Your session has expired.', logInAgain),
  ],
  [/Not logged in\.|CF-NotAuthenticated/i, () => new LoggedOut('You are not logged in.', logInAgain)],
  [
    // What the UAA answers to a refresh: v8.19 and every `cf org` print it raw.
    /Error Code: 40[01]\b[\s\S]*(?:invalid_grant|invalid_token|unauthorized)/,
    () => new LoggedOut('Your session has expired.', logInAgain),
  ],
  [
    /Error Code: (\d{3})\b/,
    match =>
      new Failed(
        `The login server of Cloud Foundry (UAA) failed with status ${match[1]}.`,
        'Try again later. If it keeps failing, contact the operators of Cloud Foundry.',
      ),
  ],
  [/No org (?:and space |or space )?targeted/i, () => noOrgTargeted()],
  [
    /Invalid SSL Cert|invalid SSL certificate|x509: /i,
    () =>
      new Unreachable(
        'The certificate of the Cloud Foundry API is not trusted.',
        'Add its certificate authority to those of this machine, or name it with SSL_CERT_FILE.',
      ),
  ],
  [
    /API endpoint not found at '?([^'\n]*)/i,
    match =>
      new Failed(
        `There is no Cloud Foundry API at ${redactedExcerpt(match[1] ?? '')}.`,
        'Check the address with cf api.',
      ),
  ],
  [
    /(?:Request error|Error performing request): (.*)|(dial tcp .*)/,
    match =>
      new Unreachable(
        `Cloud Foundry could not be reached: ${redactedExcerpt(withoutQuery(match[1] ?? match[2] ?? ''))}`,
        'Check the network and the address (cf api), then try again.',
      ),
  ],
  [
    /Error read\/writing config: *(.*)/,
    match =>
      new CfUnusable(
        `cf cannot read its login file: ${redactedExcerpt(match[1] ?? '')}`,
        'Move .cf/config.json away (it is in CF_HOME or your home directory), then run cf login.',
      ),
  ],
  [
    /Error reading response: unexpected EOF/,
    () => new CutShort('The response from Cloud Foundry was cut short.', tryAgain),
  ],
  [
    // v8.0.0 to v8.7.10 delete each other's temporary files when they run at the same moment. It is harmless.
    /Unexpected error: remove .*temp-config/,
    () => new CutShort('Two cf processes interfered with each other.', tryAgain),
  ],
  [
    /is not a registered command|unknown command|Unknown command/i,
    () =>
      new CfUnusable(
        'This cf is not the Cloud Foundry CLI.',
        'Name the right one with --cf PATH or CF_AUDIT_CF.',
      ),
  ],
]

// Cloud Controller's limit for the names of orgs.
const longestName = 255

/** An org that does not exist looks the same as one that the user cannot see. */
export function noSuchOrg(name: string): AuditError {
  return new NotFound(
    `No org named ${name} is visible to you.`,
    "Run 'cf orgs' to list the orgs you can see; names are case-sensitive. For another org, ask its Org Manager for a role.",
  )
}

export function noOrgTargeted(): NoOrgTargeted {
  return new NoOrgTargeted(
    'No org is targeted.',
    'Name the org with --org ORG, or run cf target -o ORG first.',
  )
}

/**
 * The error that a message of `cf` stands for; undefined when we do not know it.
 * @param text stdout or stderr: v6 and v7 print the reason on the one, v8 on the other.
 */
export function errorFromCfOutput(text: string): AuditError | undefined {
  for (const [words, meaning] of meanings) {
    const match = words.exec(text)
    if (match !== null) return meaning(match)
  }
  return undefined
}

// What `cf` prints beside its answer (command/api_version_warning.go, util/configv3). It does so on stderr, which some
// wrappers join with stdout.
const warning = /^(?:Warning: |Error writing config: |Cloud Foundry API version |Your CF API version )/

/** The lines of an output that are not empty, without warnings of `cf`. */
export function linesIn(text: string): string[] {
  return text.split(/\s*\n\s*/).filter(line => line.trim() !== '' && !warning.test(line))
}

/** A wrapper of `cf` prints to stdout: its lines are no part of the response, and what else it changes is unknown. */
export function printedMore(lines: readonly string[]): CfUnusable {
  const words = redactedExcerpt(lines.join(' '))
  return new CfUnusable(
    `cf printed ${lines.length === 1 ? 'a line' : 'lines'} of its own before the response: ${words}`,
    'If it is a script, make it print to stderr; or name the Cloud Foundry CLI with --cf PATH or CF_AUDIT_CF.',
  )
}

/** The reason of a panic of `cf`, which prints a banner, then the reason after a line "Error", then a stack. */
export function panicOf(stderr: string): string | undefined {
  if (!/Something unexpected happened\. This is a bug in/.test(stderr)) return undefined
  return redactedExcerpt(/^\s*Error\s*\n\s*(.*)/m.exec(stderr)?.[1] ?? 'it prints no reason')
}

/** Go puts the whole URL into its network errors; the query names people and orgs, and is long. */
function withoutQuery(words: string): string {
  return words.replace(/\?[^"\s]*/g, '')
}
