import type { Column } from './columns.ts'
import * as columns from './columns.ts'
import { typesOf } from './event-types.ts'

/** A report: which events it has, how it shows them, and the recipe of cloud.gov's page "Auditing activity" that it replaces. */
export interface Report {
  readonly name: string
  /** What it answers, in a few words. */
  readonly summary: string
  /** The formats for which the page has a recipe; the first is the default of the report. */
  readonly recipes: readonly ('csv' | 'json')[]
  /** All event types of the report; undefined: every type. */
  readonly types: readonly string[] | undefined
  /** Those of `types` that belong to no org: an org filter never finds them. */
  readonly orglessTypes?: readonly string[]
  readonly columns: readonly Column[]
  /** undefined where the page has no recipe for it. */
  readonly documented?: Documented
  /** Three command lines that can be run as they stand. */
  readonly examples: readonly Example[]
}

/** A command line, and what it is for. */
export interface Example {
  readonly why: string
  readonly line: string
}

/** The page's own pipeline, as data. */
export interface Documented {
  /** The headings of its sections on the page. */
  readonly titles: readonly string[]
  /** Its types, including misspelled ones; undefined: no filter for types or orgs. */
  readonly types: readonly string[] | undefined
  /** Its jq paths below `.resources[].entity`; undefined where the page has only JSON. */
  readonly cells: readonly string[] | undefined
  /** What each cell gets wrong, for --explain. */
  readonly faults: readonly string[]
}

const routeTypes = [
  ...typesOf('audit.route'),
  ...typesOf('audit.app', 'map-route', 'unmap-route'),
  ...typesOf('audit.route_policy'),
]

const instanceTypes = [
  ...typesOf('audit.service_instance'),
  ...typesOf('audit.user_provided_service_instance'),
  ...typesOf('audit.service_route_binding'),
]

const bindingTypes = [
  ...typesOf('audit.service_binding'),
  ...typesOf('audit.service_key'),
  ...typesOf('audit.service_instance', 'bind_route', 'unbind_route'),
  ...typesOf('audit.service_route_binding'),
]

// Offerings, plans, brokers and dashboard clients are the foundation's, not an org's.
const marketplaceTypes = [
  ...typesOf('audit.service'),
  ...typesOf('audit.service_plan'),
  ...typesOf('audit.service_broker'),
  ...typesOf('audit.service_dashboard_client'),
]

const serviceTypes = [
  ...new Set([
    ...instanceTypes,
    ...bindingTypes,
    ...marketplaceTypes,
    ...typesOf('audit.service_plan_visibility'),
  ]),
]

const { time, actor, type } = columns

// The page's lists, in the page's order and with its misspelling: `service_instance.bind_route` was never emitted.
const pageRoles = ['space_developer', 'space_auditor', 'space_manager']
const pageTypes = {
  access: pageRoles.flatMap(role => [`audit.user.${role}_add`, `audit.user.${role}_remove`]),
  routes: ['audit.route.create', 'audit.route.delete-request', 'audit.route.update'],
  instances: ['create', 'bind_route', 'update', 'unbind_route', 'delete'].map(
    action => `audit.service_instance.${action}`,
  ),
  bindings: [
    'audit.service_binding.create',
    'service_instance.bind_route',
    'audit.service_instance.unbind_route',
  ],
  services: [
    'audit.service.create',
    'audit.service.delete',
    'audit.service.update',
    'audit.service_binding.create',
    'audit.service_binding.delete',
    'service_instance.bind_route',
    'audit.service_instance.create',
    'audit.service_instance.delete',
    'audit.service_instance.unbind_route',
    'audit.service_instance.update',
  ],
}

/** All reports. */
export const reports: readonly Report[] = [
  {
    name: 'events',
    summary: 'all audit events',
    recipes: ['json'],
    types: undefined,
    columns: [
      time,
      actor,
      type,
      columns.target,
      columns.targetType,
      columns.spaceGuid,
      columns.orgGuid,
      columns.eventGuid,
    ],
    documented: { titles: ['All Events as JSON'], types: undefined, cells: undefined, faults: [] },
    examples: [
      {
        why: 'Everything that happened since yesterday',
        line: 'cf-audit events demo-org --since yesterday',
      },
      {
        why: 'Everything done by one person, in full',
        line: 'cf-audit events demo-org --actor manager@example.gov --wide -f csv',
      },
      {
        why: 'A month for your archive, one record per line',
        line: 'cf-audit events demo-org --month last -O events.ndjson',
      },
    ],
  },
  {
    name: 'user-access',
    summary: 'who gained or lost roles',
    recipes: ['csv', 'json'],
    types: typesOf('audit.user'),
    columns: [time, actor, type, columns.user],
    documented: {
      titles: ['List All User Access Changes as JSON', 'List All User Access Changes as CSV'],
      types: pageTypes.access,
      cells: ['.timestamp', '.actor', '.type', '.metadata.request.name'],
      faults: [
        'User Performing Action is .actor: a GUID instead of a name.',
        'User is .metadata.request.name: empty, or the name of a new space or org. The user is in .actee_name.',
      ],
    },
    examples: [
      { why: 'Who got access in the last 31 days', line: 'cf-audit user-access demo-org --since 31d' },
      {
        why: 'Last month, for Excel',
        line: 'cf-audit user-access demo-org --month last --excel -O access.csv',
      },
      {
        why: 'Exactly what the documented recipe prints, from all pages',
        line: 'cf-audit user-access demo-org --as-documented',
      },
    ],
  },
  {
    name: 'routes',
    summary: 'routes created, mapped, shared or deleted',
    recipes: ['csv'],
    types: routeTypes,
    columns: [time, actor, type, columns.route, columns.appGuid],
    documented: {
      titles: ['List All Route Changes as CSV'],
      types: pageTypes.routes,
      cells: ['.timestamp', '.actor_username', '.type', '.actee_name', '.metadata.request.app'],
      faults: [
        'App GUID is .metadata.request.app, which only API v2 wrote, and only for mappings. Mappings are now events of the app.',
        'User Performing Action is .actor_username: empty for clients, whose ID is in .actor.',
      ],
    },
    examples: [
      { why: 'Routes that changed in the last 36 hours', line: 'cf-audit routes demo-org --since 36h' },
      {
        why: 'With full addresses and the names of apps',
        line: 'cf-audit routes demo-org --names -O routes.csv',
      },
      { why: 'What does the documented recipe miss?', line: 'cf-audit routes demo-org --explain' },
    ],
  },
  {
    name: 'service-instances',
    summary: 'service instances created, changed or deleted',
    recipes: ['csv'],
    types: instanceTypes,
    columns: [time, actor, type, columns.instance],
    documented: {
      titles: ['List All Service Instance Events as CSV'],
      types: pageTypes.instances,
      cells: ['.timestamp', '.actor_username', '.type', '.actee_name'],
      faults: ['User Performing Action is .actor_username: empty for clients, whose ID is in .actor.'],
    },
    examples: [
      { why: 'For the org that cf targets', line: 'cf-audit service-instances' },
      { why: 'Who deleted an instance', line: "cf-audit service-instances demo-org --type '*.delete'" },
      { why: 'For two orgs', line: "cf-audit service-instances --org demo-org --org 'acme, inc' -f csv" },
    ],
  },
  {
    name: 'service-bindings',
    summary: 'apps and keys bound to services',
    recipes: ['csv'],
    types: bindingTypes,
    columns: [time, actor, type, columns.appGuid, columns.serviceGuid],
    documented: {
      titles: ['List All Service Bindings as CSV'],
      types: pageTypes.bindings,
      cells: [
        '.timestamp',
        '.actor_username',
        '.type',
        '.metadata.request.relationships.app.data.guid',
        '.metadata.request.relationships.service_instance.data.guid',
      ],
      faults: [
        'Both GUIDs are read from .metadata.request.relationships, which only a create has. For an unbind_route both cells are empty.',
        'User Performing Action is .actor_username: empty for clients, whose ID is in .actor.',
      ],
    },
    examples: [
      { why: 'With names instead of GUIDs', line: 'cf-audit service-bindings demo-org --names' },
      {
        why: 'Who created or deleted a key',
        line: "cf-audit service-bindings demo-org --type 'audit.service_key.*'",
      },
      {
        why: 'Count them',
        line: "cf-audit service-bindings demo-org -f json | jq '.resources | length'",
      },
    ],
  },
  {
    name: 'services',
    summary: 'service, plan and broker events',
    recipes: ['json'],
    types: serviceTypes,
    orglessTypes: marketplaceTypes,
    columns: [time, actor, type, columns.service, columns.appGuid, columns.serviceGuid],
    documented: {
      titles: ['List All Service Events as JSON'],
      types: pageTypes.services,
      cells: undefined,
      faults: [
        'audit.service.create, update and delete are about offerings of the marketplace: they belong to no org, so the org filter never finds them.',
      ],
    },
    examples: [
      {
        why: 'All of last month in one file',
        line: 'cf-audit services demo-org --month last -O services.json',
      },
      {
        why: 'For all orgs, with offerings, plans and brokers',
        line: 'cf-audit services --all-orgs -f table',
      },
      {
        why: 'How often each type occurs',
        line: "cf-audit services demo-org | jq -r '.resources[].type' | sort | uniq -c",
      },
    ],
  },
]

/** The report of that name. */
export function reportNamed(name: string): Report {
  const report = reports.find(candidate => candidate.name === name)
  if (report === undefined) throw new Error(`No report is named ${name}`)
  return report
}

/** The types to query: for one org, only those whose events can belong to an org. */
export function typesToAsk(report: Report, ofOneOrg: boolean): readonly string[] | undefined {
  if (!ofOneOrg || report.orglessTypes === undefined) return report.types
  const { orglessTypes } = report
  return report.types?.filter(type => !orglessTypes.includes(type))
}
