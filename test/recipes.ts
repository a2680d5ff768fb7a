// The recipes of cloud.gov's page "Auditing activity", as they stand there; only YOUR-ORG is filled in.
/** By report. */
export const recipes: Record<string, { json?: string; csv?: string }> = {
  events: { json: 'cf curl /v2/events' },
  'user-access': {
    json: 'cf curl "/v2/events?q=type+IN+audit.user.space_developer_add,audit.user.space_developer_remove,audit.user.space_auditor_add,audit.user.space_auditor_remove,audit.user.space_manager_add,audit.user.space_manager_remove&q=organization_guid:$GUID"',
    csv: 'cf curl "/v2/events?q=type+IN+audit.user.space_developer_add,audit.user.space_developer_remove,audit.user.space_auditor_add,audit.user.space_auditor_remove,audit.user.space_manager_add,audit.user.space_manager_remove&q=organization_guid:$GUID" | jq -c -r \'.resources[].entity | [ .timestamp, .actor, .type, .metadata.request.name ] | @csv\' | sed -e s/\\"//g',
  },
  routes: {
    csv: 'cf curl "/v2/events?q=type+IN+audit.route.create,audit.route.delete-request,audit.route.update&q=organization_guid:$GUID" | jq -c -r \'.resources[].entity | [.timestamp, .actor_username, .type, .actee_name, .metadata.request.app ] | @csv\' | sed -e s/\\"//g',
  },
  'service-instances': {
    csv: 'cf curl "/v2/events?q=type+IN+audit.service_instance.create,audit.service_instance.bind_route,audit.service_instance.update,audit.service_instance.unbind_route,audit.service_instance.delete&q=organization_guid:$GUID" | jq -c -r \'.resources[].entity | [ .timestamp, .actor_username, .type, .actee_name ] | @csv\' | sed -e s/\\"//g',
  },
  'service-bindings': {
    csv: 'cf curl "/v2/events?q=type+IN+audit.service_binding.create,service_instance.bind_route,audit.service_instance.unbind_route&q=organization_guid:$GUID" | jq -c -r \'.resources[].entity | [.timestamp, .actor_username, .type, .metadata.request.relationships.app.data.guid, .metadata.request.relationships.service_instance.data.guid ] | @csv\'  | sed -e s/\\"//g',
  },
  services: {
    json: 'cf curl "/v2/events?q=type+IN+audit.service.create,audit.service.delete,audit.service.update,audit.service_binding.create,audit.service_binding.delete,service_instance.bind_route,audit.service_instance.create,audit.service_instance.delete,audit.service_instance.unbind_route,audit.service_instance.update&q=organization_guid:$GUID"',
  },
}
