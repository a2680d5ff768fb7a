import type { StoredEvent } from './store.ts'

/** Both APIs show whole seconds, whatever the database keeps. */
export const wholeSeconds = (timestamp: string): string =>
  `${new Date(timestamp).toISOString().slice(0, 19)}Z`

/** The event as GET /v2/events has it: absent spaces and organizations are empty strings. */
export const v2Resource = (event: StoredEvent) => {
  const timestamp = wholeSeconds(event.timestamp)
  return {
    metadata: {
      guid: event.guid,
      url: `/v2/events/${event.guid}`,
      created_at: timestamp,
      updated_at: timestamp,
    },
    entity: {
      type: event.type,
      actor: event.actor,
      actor_type: event.actorType,
      actor_name: event.actorName,
      actor_username: event.actorUsername,
      actee: event.actee,
      actee_type: event.acteeType,
      actee_name: event.acteeName,
      timestamp,
      metadata: event.metadata ?? {},
      space_guid: event.spaceGuid,
      organization_guid: event.orgGuid,
    },
  }
}

/** The event as GET /v3/audit_events has it: no user name, absent spaces and organizations are null. */
export const v3Resource = (event: StoredEvent, apiUrl: string) => {
  const timestamp = wholeSeconds(event.timestamp)
  return {
    guid: event.guid,
    created_at: timestamp,
    updated_at: timestamp,
    type: event.type,
    actor: { guid: event.actor, type: event.actorType, name: event.actorName },
    target: { guid: event.actee, type: event.acteeType, name: event.acteeName },
    data: event.metadata ?? {},
    space: event.spaceGuid === '' ? null : { guid: event.spaceGuid },
    organization: event.orgGuid === '' ? null : { guid: event.orgGuid },
    links: { self: { href: `${apiUrl}/v3/audit_events/${event.guid}` } },
  }
}
