import type { Options } from 'yargs'
import { formats } from '../reports/formats.ts'

/** Given more than once, each is one more. */
const repeatable = { type: 'string', requiresArg: true } as const

/** Which orgs and spaces. */
export const scopeOptions = {
  org: {
    ...repeatable,
    alias: 'o',
    group: 'Scope:',
    describe: 'an org, by name or GUID; repeat it for several',
  },
  space: {
    ...repeatable,
    alias: 's',
    group: 'Scope:',
    describe: 'a space of the org, likewise; repeat it for several',
  },
  'all-orgs': {
    type: 'boolean',
    group: 'Scope:',
    describe: 'every org that you can see, and what is of none',
  },
} as const satisfies Record<string, Options>

/** Which types of events. */
export const typeOptions = {
  type: {
    ...repeatable,
    group: 'Scope:',
    describe: "these event types instead, as 'audit.user.*', too;\nrepeat it for several",
  },
  'allow-unknown-types': {
    type: 'boolean',
    group: 'Scope:',
    describe: 'even types that cf-audit types does not list',
  },
} as const satisfies Record<string, Options>

/** By whom, and about what. */
export const actorTargetOptions = {
  actor: {
    ...repeatable,
    group: 'Scope:',
    describe: 'who did it: user name, e-mail, GUID or client id;\nrepeat it for several',
  },
  target: {
    ...repeatable,
    group: 'Scope:',
    describe: 'what it was done to: name, user name or GUID;\nrepeat it for several',
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
    describe: 'OrgManager, space_developer, "Space Developer", …;\nrepeat it for several',
  },
} as const satisfies Record<string, Options>

/** Which time. */
export const windowOptions = {
  since: {
    type: 'string',
    requiresArg: true,
    group: 'Time:',
    describe: '7d, 36h, yesterday, 2026-11-01 (UTC) or 2026-11-01T12:00:00Z',
  },
  until: {
    type: 'string',
    requiresArg: true,
    group: 'Time:',
    describe: 'likewise; a date includes its day',
  },
  month: { type: 'string', requiresArg: true, group: 'Time:', describe: '2026-11 or last' },
} as const satisfies Record<string, Options>

/** What is printed, and where to. */
export const outputOptions = {
  format: {
    alias: 'f',
    choices: formats,
    requiresArg: true,
    group: 'Output:',
    describe:
      'csv, json, ndjson or table (if left out: by the ending of\n--output; a table on a terminal; else as the recipe)',
  },
  output: {
    alias: 'O',
    type: 'string',
    requiresArg: true,
    group: 'Output:',
    describe: 'a file: written whole or not at all, for your eyes only',
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
    describe: 'every cell of a table whole, however wide that is',
  },
  excel: { type: 'boolean', group: 'Output:', describe: 'CSV with byte-order mark and CRLF' },
  guard: { type: 'boolean', default: true, hidden: true },
  'no-guard': {
    type: 'boolean',
    group: 'Output:',
    describe: 'leave cells alone that a spreadsheet would run',
  },
  unredacted: {
    type: 'boolean',
    group: 'Output:',
    describe: 'with the credentials that the records hold',
  },
  'as-documented': {
    type: 'boolean',
    group: 'Output:',
    describe: "the very bytes of the page's recipe, from all pages",
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
export const connectionOptions = {
  api: {
    choices: ['auto', 'v2', 'v3'] as const,
    default: 'auto' as const,
    requiresArg: true,
    group: 'Cloud Foundry:',
    describe: 'auto, v2 or v3 (auto: v3, and v2 where only that answers)',
  },
  cf: {
    type: 'string',
    requiresArg: true,
    group: 'Cloud Foundry:',
    describe: 'the cf to run (else CF_AUDIT_CF, else cf on your PATH)',
  },
  timeout: {
    type: 'number',
    default: 300,
    requiresArg: true,
    group: 'Cloud Foundry:',
    describe: 'seconds that one call of cf may take (300)',
  },
  concurrency: {
    type: 'number',
    default: 4,
    requiresArg: true,
    group: 'Cloud Foundry:',
    describe: 'calls of cf side by side, 1 to 4 (4, where that is safe)',
  },
  'max-wait': {
    type: 'number',
    default: 300,
    requiresArg: true,
    group: 'Cloud Foundry:',
    describe: 'seconds that rate limits may keep us waiting (300)',
  },
  explain: {
    type: 'boolean',
    group: 'Cloud Foundry:',
    describe: "print the page's recipe, what it misses, and our calls\nof cf; run nothing",
  },
} as const satisfies Record<string, Options>

const said = { type: 'boolean', group: 'What is said:' } as const

/** For every command. */
export const messageOptions = {
  quiet: { ...said, alias: 'q', describe: 'say nothing but warnings and errors' },
  verbose: { ...said, alias: 'v', describe: 'tell every call of cf, and how long it took' },
  color: { ...said, describe: 'colours, even where nobody sees them (--no-color: none)' },
} as const satisfies Record<string, Options>
