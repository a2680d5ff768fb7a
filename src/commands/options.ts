import type { Options } from 'yargs'
import { formats } from './rendering.ts'

/** Given more than once, each is one more. */
const repeatable = { type: 'string', requiresArg: true } as const

/** Which orgs and spaces. */
export const scopeOptions = {
  org: {
    ...repeatable,
    alias: 'o',
    group: 'Scope:',
    describe: 'an org, by name (as the argument) or GUID; repeat it for several',
  },
  space: {
    ...repeatable,
    alias: 's',
    group: 'Scope:',
    describe: 'a space of the org, by name or GUID; repeat it for several',
  },
  'all-orgs': {
    type: 'boolean',
    group: 'Scope:',
    describe: 'every org that you can see, and what belongs to none',
  },
} as const satisfies Record<string, Options>

/** Which types of events. */
export const typeOptions = {
  type: {
    ...repeatable,
    group: 'Scope:',
    describe: "these event types instead, by name or 'audit.user.*'; may be repeated",
  },
  'allow-unknown-types': {
    type: 'boolean',
    group: 'Scope:',
    describe: 'types that cf-audit types does not list, too',
  },
} as const satisfies Record<string, Options>

/** By whom, and about what. */
export const partyOptions = {
  actor: {
    ...repeatable,
    group: 'Scope:',
    describe: 'who did it: GUID, client id, user name or e-mail; repeat it for several',
  },
  target: {
    ...repeatable,
    group: 'Scope:',
    describe: 'what it was done to: GUID, name or user name; repeat it for several',
  },
} as const satisfies Record<string, Options>

/** Whose roles, and which. */
export const rolesOptions = {
  user: {
    ...repeatable,
    group: 'Scope:',
    describe: 'who: user name, GUID or client id; repeat it for several',
  },
  role: {
    ...repeatable,
    group: 'Scope:',
    describe: 'OrgManager, space_developer, "Space Developer"…; repeat it for several',
  },
} as const satisfies Record<string, Options>

/** Which time. */
export const windowOptions = {
  since: {
    type: 'string',
    requiresArg: true,
    group: 'Time:',
    describe: 'from: 7d, 36h, yesterday, 2026-11-01 (UTC), 2026-11-01T12:00:00Z',
  },
  until: {
    type: 'string',
    requiresArg: true,
    group: 'Time:',
    describe: 'up to, likewise; a date includes its day',
  },
  month: { type: 'string', requiresArg: true, group: 'Time:', describe: '2026-11, or last' },
} as const satisfies Record<string, Options>

/** What is printed, and where to. */
export const outputOptions = {
  format: {
    alias: 'f',
    choices: formats,
    requiresArg: true,
    group: 'Output:',
    describe: 'a table on a terminal, else that of the recipe',
  },
  output: {
    alias: 'O',
    type: 'string',
    requiresArg: true,
    group: 'Output:',
    describe: 'write this file: whole or not at all, for your eyes only',
  },
  force: { type: 'boolean', group: 'Output:', describe: 'replace the file if it is there' },
  columns: {
    type: 'string',
    requiresArg: true,
    group: 'Output:',
    describe: 'a,b shows these columns; +a,b adds them',
  },
  header: { type: 'boolean', default: true, hidden: true },
  'no-header': { type: 'boolean', group: 'Output:', describe: 'leave out the headings' },
  truncate: { type: 'boolean', default: true, hidden: true },
  'no-truncate': {
    type: 'boolean',
    group: 'Output:',
    describe: 'a table wider than the terminal, with every cell whole',
  },
  excel: { type: 'boolean', group: 'Output:', describe: 'CSV with byte-order mark and CRLF' },
  guard: { type: 'boolean', default: true, hidden: true },
  'no-guard': {
    type: 'boolean',
    group: 'Output:',
    describe: 'leave cells as they are that a spreadsheet would run',
  },
  unredacted: {
    type: 'boolean',
    group: 'Output:',
    describe: 'print credentials that Cloud Foundry left in its records',
  },
  'as-documented': {
    type: 'boolean',
    group: 'Output:',
    describe: 'the bytes of the recipe on the page "Auditing activity"',
  },
} as const satisfies Record<string, Options>

/** What is shown of events beside a report's own columns. */
export const eventOptions = {
  wide: {
    type: 'boolean',
    group: 'Output:',
    describe: 'the whole record of each event in columns',
  },
  resolve: {
    type: 'boolean',
    group: 'Output:',
    describe: 'the names behind the GUIDs, from events and lists',
  },
} as const satisfies Record<string, Options>

/** How Cloud Foundry is asked. */
export const askOptions = {
  api: {
    choices: ['auto', 'v2', 'v3'] as const,
    default: 'auto' as const,
    requiresArg: true,
    group: 'Cloud Foundry:',
    describe: 'which version of its API',
  },
  cf: {
    type: 'string',
    requiresArg: true,
    group: 'Cloud Foundry:',
    describe: 'the cf to run (else CF_AUDIT_CF, else cf on PATH)',
  },
  timeout: {
    type: 'number',
    default: 300,
    requiresArg: true,
    group: 'Cloud Foundry:',
    describe: 'seconds for one call of cf',
  },
  concurrency: {
    type: 'number',
    default: 4,
    requiresArg: true,
    group: 'Cloud Foundry:',
    describe: 'at most so many calls of cf side by side, where that is safe (1 to 4)',
  },
  'max-wait': {
    type: 'number',
    default: 300,
    requiresArg: true,
    group: 'Cloud Foundry:',
    describe: 'seconds to wait for a rate limit',
  },
  explain: {
    type: 'boolean',
    group: 'Cloud Foundry:',
    describe: "show the page's recipe, what it misses, and our calls; run nothing",
  },
} as const satisfies Record<string, Options>

/** For every command. */
export const sayOptions = {
  quiet: { alias: 'q', type: 'boolean', describe: 'only warnings and errors on stderr' },
  verbose: { alias: 'v', type: 'boolean', describe: 'every call of cf with its time' },
  color: { type: 'boolean', describe: 'colours (--no-color: none)' },
} as const satisfies Record<string, Options>
