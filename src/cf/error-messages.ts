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
import { redactedExcerpt, redactSecrets } from '../text.ts'

export const logInAgain = 'Run cf login, then the same command again.'

/** What the words of `cf` mean: the first row that matches. The words are those of v6 to v8, English in all of them. */
const meanings: readonly (readonly [words: RegExp, meaning: (match: RegExpExecArray) => AuditError])[] = [
  // First, because the name that it quotes can be anything: other failures, too.
  [/^Organization '?(.*?)'? not found\.?\s*$/im, match => noSuchOrg(redactSecrets(match[1] ?? ''))],
  [
    // `cf config --trace true` wins over CF_TRACE=false on v6 and v7 (trace.NewLogger joins them with OR).
    /^\s*(?:REQUEST: \[|CF_TRACE ERROR CREATING LOG FILE)/,
    () =>
      new CfUnusable(
        'cf prints a trace where its answer should be.',
        'Run cf config --trace false, then the same command again.',
      ),
  ],
  [
    /No API endpoint set|No API endpoint targeted/i,
    () =>
      new CfUnusable('cf has no API endpoint set.', 'Run cf login -a API-URL, then the same command again.'),
  ],
  [
    /The token expired, was revoked|Authentication has expired|Invalid auth token|not a compact JWS|CF-InvalidAuthToken|refresh token (?:is )?(?:expired|invalid)/i,
    () => new LoggedOut('Your session has expired.', logInAgain),
  ],
  [/Not logged in\.|CF-NotAuthenticated/i, () => new LoggedOut('You are not logged in.', logInAgain)],
  [
    // What the UAA answers to a refresh: 8.19 and every `cf org` print it raw.
    /Error Code: 40[01]\b[\s\S]*(?:invalid_grant|invalid_token|unauthorized)/,
    () => new LoggedOut('Your session has expired.', logInAgain),
  ],
  [
    /Error Code: (\d{3})\b/,
    match =>
      new Failed(
        `The login server of Cloud Foundry (UAA) failed with status ${match[1]}.`,
        'Try again later; if it stays so, tell the operators of Cloud Foundry.',
      ),
  ],
  [/No org (?:and space |or space )?targeted/i, () => noOrgTargeted()],
  [
    /Invalid SSL Cert|invalid SSL certificate|x509: /i,
    () =>
      new Unreachable(
        'The certificate of the Cloud Foundry API is not trusted.',
        'Have its certificate authority added to this machine, or log in as cf api describes it.',
      ),
  ],
  [
    /API endpoint not found at '?([^'\n]*)/i,
    match =>
      new Failed(
        `There is no Cloud Foundry API at ${redactSecrets(match[1] ?? '')}.`,
        'Check the address with cf api.',
      ),
  ],
  [
    /(?:Request error|Error performing request): (.*)|(dial tcp .*)/,
    match =>
      new Unreachable(
        `Cloud Foundry could not be reached: ${redactedExcerpt(unquery(match[1] ?? match[2] ?? ''))}`,
        'Check the network and the address (cf api), then the same command again.',
      ),
  ],
  [
    /Error read\/writing config: *(.*)/,
    match =>
      new CfUnusable(
        `cf cannot use its own login file: ${redactedExcerpt(match[1] ?? '')}`,
        'Move .cf/config.json away (it is in CF_HOME or your home directory), then run cf login.',
      ),
  ],
  [
    /Error reading response: unexpected EOF/,
    () => new CutShort('The answer of Cloud Foundry was cut short.', tryAgain),
  ],
  [
    // v8.0.0 to v8.7.10 delete each other's temporary files when they run at the same moment; harmless, and gone in 8.7.11.
    /Unexpected error: remove .*temp-config/,
    () => new CutShort('Two runs of cf disturbed each other.', tryAgain),
  ],
  [
    /is not a registered command|unknown command|Unknown command/i,
    () =>
      new CfUnusable(
        'The program named cf is not the Cloud Foundry CLI.',
        'Name the right one with --cf PATH or CF_AUDIT_CF.',
      ),
  ],
]

const tryAgain = 'Try again; if it stays so, look at what cf curl prints.'

/** Nobody can tell an org that does not exist from one that you cannot see. */
export function noSuchOrg(name: string): AuditError {
  return new NotFound(
    `There is no org named ${name} that you can see.`,
    'Names are exact: cf orgs lists yours. Someone with a role in it may have to give you one.',
  )
}

export function noOrgTargeted(): NoOrgTargeted {
  return new NoOrgTargeted(
    'cf has no org targeted.',
    'Name the org with --org ORG, or run cf target -o ORG first.',
  )
}

/**
 * The error that `cf`'s own words stand for; undefined when they say nothing that we know.
 * @param text stdout and stderr: v6 and v7 print the reason on the one, v8 on the other.
 */
export function errorFromCfOutput(text: string): AuditError | undefined {
  for (const [words, meaning] of meanings) {
    const match = words.exec(text)
    if (match !== null) return meaning(match)
  }
  return undefined
}

/** A panic of `cf`: a banner, then what went wrong, then a stack. The reason is the line after "Error". */
export function panicOf(stderr: string): string | undefined {
  if (!/Something unexpected happened\. This is a bug in/.test(stderr)) return undefined
  return redactedExcerpt(/^\s*Error\s*\n\s*(.*)/m.exec(stderr)?.[1] ?? 'it says no more')
}

/** Go puts the whole URL into its network errors; its query names the org and is long. */
function unquery(words: string): string {
  return words.replace(/\?[^"\s]*/g, '')
}
