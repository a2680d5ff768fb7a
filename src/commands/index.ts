import type { CommandEntry, Program } from '../options/command.ts'
import { reports } from '../reports/catalog.ts'

const reportEntries: readonly CommandEntry[] = reports.map(report => ({
  name: report.name,
  usage: '[ORG]',
  summary: report.summary,
  group: 'Reports',
  load: async () => (await import('./report/report.ts')).reportCommand(report),
}))

/** Every command, in the order of the help. */
export const commands: readonly CommandEntry[] = [
  ...reportEntries,
  {
    name: 'roles',
    usage: '[ORG]',
    summary: 'who holds which role now',
    group: 'Access',
    load: async () => (await import('./roles/roles.ts')).command,
  },
  {
    name: 'access-review',
    usage: '[ORG]',
    summary: 'who should still have access, with grants and flags',
    group: 'Access',
    load: async () => (await import('./access-review/access-review.ts')).command,
  },
  {
    name: 'evidence',
    usage: '[ORG…]',
    summary: 'a folder of evidence that a third party can check',
    group: 'Evidence',
    load: async () => (await import('./evidence/evidence.ts')).command,
  },
  {
    name: 'verify',
    usage: 'PATH…',
    summary: 'check evidence or an archive, offline',
    group: 'Evidence',
    load: async () => (await import('./verify/verify.ts')).command,
  },
  {
    name: 'archive',
    usage: 'ACTION DIR [ORG…]',
    summary: 'keep events beyond the 31 days of Cloud Foundry',
    group: 'Evidence',
    load: async () => (await import('./archive/archive.ts')).command,
  },
  {
    name: 'format',
    usage: 'REPORT [PATH…]',
    summary: 'a report of saved events; runs no cf',
    group: 'Saved events',
    load: async () => (await import('./format/format.ts')).command,
  },
  {
    name: 'types',
    usage: '[TEXT…]',
    summary: 'the event types, and which report has them',
    group: 'Help',
    load: async () => (await import('./types/types.ts')).command,
  },
  {
    name: 'doctor',
    usage: '[ORG]',
    summary: 'check cf, the login, the API and your roles',
    group: 'Help',
    load: async () => (await import('./doctor/doctor.ts')).command,
  },
  {
    name: 'plugin',
    usage: 'ACTION',
    summary: "make 'cf audit' run cf-audit",
    group: 'Help',
    load: async () => (await import('./plugin/plugin.ts')).pluginCommandFor(() => commands),
  },
  {
    name: 'completion',
    usage: 'SHELL',
    summary: 'a script that completes cf-audit in your shell',
    group: 'Help',
    load: async () => (await import('./completion/completion.ts')).command,
  },
]

/**
 * The program that command lines are parsed for.
 * @param run runs another command line: what the questions end in.
 */
export const programOf = (version: string, run: (argv: readonly string[]) => Promise<void>): Program => ({
  version,
  commands,
  interactive: async () => (await import('./interactive/interactive.ts')).interactiveCommand(commands, run),
  about: `Audit a Cloud Foundry organization: who got access, which routes and services
changed, and is the list complete?`,
  notes: `Environment variables:
  CF_AUDIT_CF     the cf to run (default: cf on your PATH)
  CF_AUDIT_CACHE  the cache folder
  CF_AUDIT_PAGER  the pager for long tables (default: $PAGER, else less)
  CF_HOME         where cf keeps its login
  NO_COLOR        never use color

Exit codes:
  0  done: all events that Cloud Foundry keeps and your roles may see
  1  a bug in cf-audit
  2  the command line is wrong
  3  cf cannot be used: not found, not logged in, session expired
  4  Cloud Foundry refused: not found, forbidden, or nothing visible
  5  Cloud Foundry or the network failed
  6  incomplete; with --strict, anything that is not known to be complete
  129, 130, 143  hung up, interrupted, terminated

'cf-audit' alone, on a terminal, asks what you want to know.
See 'cf-audit COMMAND --help' for the options and examples of a command.`,
})
