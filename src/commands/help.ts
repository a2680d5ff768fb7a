import type { Argv } from 'yargs'
import { listed, usageOf } from './overview.ts'

/**
 * Gives a command the help that is not about its options.
 * @param about what it does, and what it stands for, in lines of at most 80 columns: nothing wraps them.
 */
export function teach<Args>(command: Argv<Args>, name: string, about: string): Argv<Args> {
  return (examples[name] ?? []).reduce(
    (taught, { why, line }) => taught.example(`# ${why}\n${line}`, ''),
    command.usage(`$0 ${usageOf(listed(name))}\n\n${about}`),
  )
}

/** A command line that can be run as it stands, and what it is for. */
export interface Example {
  readonly why: string
  readonly line: string
}

const example = (why: string, line: string): Example => ({ why, line })

/** Three for each command. All of them are run by a test. */
export const examples: Readonly<Record<string, readonly Example[]>> = {
  events: [
    example('All that happened in an org since yesterday', 'cf-audit events demo-org --since yesterday'),
    example(
      'Everything done by one person, in full',
      'cf-audit events demo-org --actor manager@example.gov --wide -f csv',
    ),
    example(
      'A month for your archive, one record a line',
      'cf-audit events demo-org --month last -O events.ndjson',
    ),
  ],
  'user-access': [
    example('Who got access in the last 31 days', 'cf-audit user-access demo-org --since 31d'),
    example('Last month, for Excel', 'cf-audit user-access demo-org --month last --excel -O access.csv'),
    example(
      "What the page's recipe would print, were it complete",
      'cf-audit user-access demo-org --as-documented',
    ),
  ],
  routes: [
    example('Routes that changed in the last day and a half', 'cf-audit routes demo-org --since 36h'),
    example('With whole addresses and the names of apps', 'cf-audit routes demo-org --resolve -O routes.csv'),
    example("What does the page's recipe miss?", 'cf-audit routes demo-org --explain'),
  ],
  'service-instances': [
    example('Of the org that cf targets', 'cf-audit service-instances'),
    example('Who deleted one', "cf-audit service-instances demo-org --type '*.delete'"),
    example('Of two orgs', "cf-audit service-instances --org demo-org --org 'acme, inc' -f csv"),
  ],
  'service-bindings': [
    example('With names beside the GUIDs', 'cf-audit service-bindings demo-org --resolve'),
    example('Who made or deleted a key', "cf-audit service-bindings demo-org --type 'audit.service_key.*'"),
    example('How many there are', "cf-audit service-bindings demo-org -f json | jq '.resources | length'"),
  ],
  services: [
    example('All of last month in one file', 'cf-audit services demo-org --month last -O services.json'),
    example(
      'Of all orgs, and those of no org: offerings, plans, brokers',
      'cf-audit services --all-orgs -f table',
    ),
    example(
      'How often each type occurs',
      "cf-audit services demo-org | jq -r '.resources[].type' | sort | uniq -c",
    ),
  ],
  roles: [
    example('Who holds which role in an org', 'cf-audit roles demo-org'),
    example('The managers of the org', 'cf-audit roles demo-org --role OrgManager -f csv'),
    example(
      'All that one person may do',
      'cf-audit roles --all-orgs --user manager@example.gov -O roles.csv',
    ),
  ],
  types: [
    example('Which types have to do with space developers?', 'cf-audit types space developer'),
    example('A whole family', "cf-audit types 'audit.service_key.*'"),
    example('All of them, for a spreadsheet', 'cf-audit types -O event-types.csv'),
  ],
  format: [
    example(
      'What cf curl prints, as a report',
      "cf curl '/v3/audit_events?per_page=5000' | cf-audit format routes",
    ),
    example(
      'What you saved, later and elsewhere',
      "cf curl '/v3/audit_events?per_page=5000' > saved.json\ncf-audit format events saved.json -f table",
    ),
    example(
      'Several saved pages as one',
      'cat saved*.json | cf-audit format user-access -O access.csv --force',
    ),
  ],
  doctor: [
    example('Is everything ready for the org that cf targets?', 'cf-audit doctor'),
    example('For another', 'cf-audit doctor demo-org'),
    example(
      'What to do, for a script',
      "cf-audit doctor demo-org -f json | jq -r '.checks[].advice // empty'",
    ),
  ],
  completion: [
    example('In this bash (or, with zsh in its place, in this zsh)', 'source <(cf-audit completion bash)'),
    example('In every bash from now on', "echo 'source <(cf-audit completion bash)' >> ~/.bashrc"),
    example('In every zsh, behind its compinit', "echo 'source <(cf-audit completion zsh)' >> ~/.zshrc"),
  ],
}
