import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { reportNamed, reports, typesToAsk } from '../../src/reports/catalog.ts'
import { moreColumns } from '../../src/reports/columns.ts'
import { eventType, eventTypes } from '../../src/reports/event-types.ts'

const catalog = suite('the catalogue')

catalog('the six reports, in the order of the page', () => {
  assert.equal(
    reports.map(({ name }) => name),
    ['events', 'user-access', 'routes', 'service-instances', 'service-bindings', 'services'],
  )
})

const counts: readonly (readonly [name: string, all: number | undefined, ofOneOrg: number | undefined])[] = [
  ['events', undefined, undefined],
  ['user-access', 16, 16],
  ['routes', 11, 11],
  ['service-instances', 21, 21],
  ['service-bindings', 19, 19],
  ['services', 47, 36],
]
for (const [name, all, ofOneOrg] of counts) {
  catalog(`${name} has ${all ?? 'all'} types, ${ofOneOrg ?? 'all'} of one org`, () => {
    const report = reportNamed(name)
    assert.is(typesToAsk(report, false)?.length, all)
    assert.is(typesToAsk(report, true)?.length, ofOneOrg)
  })

  catalog(`${name} names no type twice, and none that was never written`, () => {
    for (const types of [reportNamed(name).types ?? [], typesToAsk(reportNamed(name), true) ?? []]) {
      assert.is(new Set(types).size, types.length)
      assert.equal(
        types.filter(type => !eventTypes.includes(type)),
        [],
      )
    }
  })
}

const memberships: readonly (readonly [type: string, names: string])[] = [
  ['audit.user.space_supporter_add', 'user-access'],
  ['audit.user.organization_billing_manager_remove', 'user-access'],
  ['audit.route.transfer-owner', 'routes'],
  ['audit.app.map-route', 'routes'],
  ['audit.app.unmap-route', 'routes'],
  ['audit.route_policy.delete', 'routes'],
  ['audit.app.start', ''],
  ['audit.service_instance.start_update', 'service-instances,services'],
  ['audit.user_provided_service_instance.show', 'service-instances,services'],
  ['audit.service_instance.bind_route', 'service-instances,service-bindings,services'],
  ['audit.service_route_binding.start_delete', 'service-instances,service-bindings,services'],
  ['audit.service_binding.show', 'service-bindings,services'],
  ['audit.service_key.start_create', 'service-bindings,services'],
  ['audit.service.create', 'services'],
  ['audit.service_plan.update', 'services'],
  ['audit.service_plan_visibility.create', 'services'],
  ['audit.service_broker.delete', 'services'],
  ['audit.service_dashboard_client.create', 'services'],
  ['app.crash', ''],
  ['blob.remove_orphan', ''],
]
for (const [type, names] of memberships) {
  catalog(`${type} belongs to ${names || 'events alone'}`, () => {
    assert.is(
      reports
        .filter(report => report.types?.includes(type))
        .map(({ name }) => name)
        .join(),
      names,
    )
  })
}

catalog('of one org no report asks for what belongs to none', () => {
  const orgless = /^audit\.service(_plan|_broker|_dashboard_client)?\.[a-z]+$/
  for (const report of reports) {
    assert.equal(
      (typesToAsk(report, true) ?? []).filter(type => orgless.test(type)),
      [],
      report.name,
    )
  }
  assert.is(reportNamed('services').orglessTypes?.length, 11)
  // As the list of all types has it.
  for (const report of reports) {
    assert.equal(
      report.orglessTypes ?? [],
      (report.types ?? []).filter(type => eventType(type)?.hasOrg === false),
    )
  }
  assert.ok(reportNamed('services').orglessTypes?.every(type => orgless.test(type)))
})

catalog('an unknown name is a bug', () => assert.throws(() => reportNamed('none'), /none/))

catalog('no column of a report has the key of another one', () => {
  for (const report of reports) {
    const keys = report.columns.map(({ key }) => key)
    assert.is(new Set(keys).size, keys.length, report.name)
    // A column that `+` adds means the same as the report's own of that key.
    for (const more of moreColumns) {
      const own = report.columns.find(({ key }) => key === more.key)
      if (own !== undefined) assert.is(own, more, `${more.key} of ${report.name}`)
    }
  }
})
catalog.run()

// --- The page ---------------------------------------------------------------------------------------------------

const page = suite('the page’s own recipes, as data')

const documented: readonly (readonly [
  name: string,
  recipes: string,
  types: string | undefined,
  cells: string | undefined,
  titles: readonly string[],
])[] = [
  ['events', 'json', undefined, undefined, ['All Events as JSON']],
  [
    'user-access',
    'csv,json',
    'audit.user.space_developer_add,audit.user.space_developer_remove,audit.user.space_auditor_add,audit.user.space_auditor_remove,audit.user.space_manager_add,audit.user.space_manager_remove',
    '.timestamp .actor .type .metadata.request.name',
    ['List All User Access Changes as JSON', 'List All User Access Changes as CSV'],
  ],
  [
    'routes',
    'csv',
    'audit.route.create,audit.route.delete-request,audit.route.update',
    '.timestamp .actor_username .type .actee_name .metadata.request.app',
    ['List All Route Changes as CSV'],
  ],
  [
    'service-instances',
    'csv',
    'audit.service_instance.create,audit.service_instance.bind_route,audit.service_instance.update,audit.service_instance.unbind_route,audit.service_instance.delete',
    '.timestamp .actor_username .type .actee_name',
    ['List All Service Instance Events as CSV'],
  ],
  [
    'service-bindings',
    'csv',
    'audit.service_binding.create,service_instance.bind_route,audit.service_instance.unbind_route',
    '.timestamp .actor_username .type .metadata.request.relationships.app.data.guid .metadata.request.relationships.service_instance.data.guid',
    ['List All Service Bindings as CSV'],
  ],
  [
    'services',
    'json',
    'audit.service.create,audit.service.delete,audit.service.update,audit.service_binding.create,audit.service_binding.delete,service_instance.bind_route,audit.service_instance.create,audit.service_instance.delete,audit.service_instance.unbind_route,audit.service_instance.update',
    undefined,
    ['List All Service Events as JSON'],
  ],
]
for (const [name, recipes, types, cells, titles] of documented) {
  page(name, () => {
    const report = reportNamed(name)
    assert.is(report.recipes.join(), recipes)
    assert.is(report.documented?.types?.join(), types)
    assert.is(report.documented?.cells?.join(' '), cells)
    assert.equal(report.documented?.titles, titles)
  })
}

page('as many headings as cells, for the reports that have a CSV recipe', () => {
  for (const { name, recipes, columns, documented: own } of reports) {
    if (recipes.includes('csv')) assert.is(columns.length, own?.cells?.length, name)
    else assert.is(own?.cells, undefined, name)
  }
})
page.run()
