import { Failed } from '../errors.ts'
import { rangesAt } from './json-ranges.ts'

// Cloud Controller and the UAA make GUIDs with SecureRandom.uuid and UUID.randomUUID: lower case, five groups.
const shape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The GUID that a text is, as Cloud Foundry writes it; undefined for any other text. */
export function asGuid(text: string): string | undefined {
  return shape.test(text) ? text.toLowerCase() : undefined
}

/** The two versions of the Cloud Controller API. */
export type ApiName = 'v2' | 'v3'

/** Someone or something that an event names. A part that the API left out, or gave as null, is ''. */
export interface EntityRef {
  readonly guid: string
  readonly type: string
  readonly name: string
}

/** What has a GUID that a list of API v3 can give a name to. */
export const kinds = ['user', 'app', 'service_instance', 'route', 'space', 'organization'] as const
export type Kind = (typeof kinds)[number]

/** The kind of an actor or a target; undefined for kinds that no list names: brokers, bindings, plans, processes. */
export function kindOf({ type, guid }: Pick<EntityRef, 'type' | 'guid'>): Kind | undefined {
  // Instead of a GUID (lib/cloud_controller/user_audit_info.rb, and Cloud Controller's own jobs).
  if (guid === '' || guid === 'system' || guid === 'UNKNOWN') return undefined
  if (type === 'user_provided_service_instance') return 'service_instance'
  return kinds.find(kind => kind === type)
}

/**
 * Whether the "GUID" of a user is the id of a client, which has no other name. The GUIDs of people are made by the UAA.
 */
export function isClientId(guid: string): boolean {
  return asGuid(guid) === undefined
}

/** One audit event, in the same shape for both APIs. Missing strings are ''. */
export interface AuditEvent {
  readonly api: ApiName
  readonly guid: string
  /** `YYYY-MM-DDThh:mm:ssZ`, whole seconds. */
  readonly time: string
  readonly type: string
  /** `name` is an e-mail address for users; only v2 has `username`. */
  readonly actor: EntityRef & { readonly username: string }
  /** v2 calls it actee. */
  readonly target: EntityRef
  readonly spaceGuid: string
  readonly orgGuid: string
  /** v2 `entity.metadata`, v3 `data`: the same JSON, whose shape depends on the API that wrote the event. */
  readonly data: unknown
  /** The resource, byte for byte as the API gave it. */
  readonly record: Buffer
  /** The same, as JSON.parse reads it. */
  readonly resource: unknown
}

/** The value at a path of keys; undefined as soon as a step is no object or has no such key. */
export function valueAt(value: unknown, ...path: string[]): unknown {
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

/** The text at a path of keys; '' for anything that is not text, null and missing steps included. */
export function textAt(value: unknown, ...path: string[]): string {
  const found = valueAt(value, ...path)
  return typeof found === 'string' ? found : ''
}

/**
 * Reads one resource of `/v2/events` or `/v3/audit_events`.
 * @param where names the record in an error, as in 'record 3 of page 2'.
 * @param value what JSON.parse makes of it, where that is known.
 * @throws Failed when it is not JSON, or has no GUID: without one it can be neither counted nor recognized when it comes again.
 */
export function readEvent(record: Buffer, api: ApiName, where: string, value?: unknown): AuditEvent {
  let resource: unknown
  try {
    resource = value ?? JSON.parse(record.toString('utf8'))
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new Failed(`The response from Cloud Foundry is not valid JSON: cannot read ${where}.`, reportIt, {
      cause,
    })
  }
  const event = toEvent(resource, record, api)
  if (event.guid === '') {
    throw new Failed(
      `The response from Cloud Foundry is not a list of events: ${where} has no GUID.`,
      reportIt,
    )
  }
  return event
}

/**
 * The event that a resource of `/v2/events` or `/v3/audit_events` stands for. Its GUID is '' where the resource has none.
 * @param record the JSON text that the resource was parsed from.
 */
export function toEvent(resource: unknown, record: Buffer, api: ApiName): AuditEvent {
  return api === 'v2' ? fromV2(resource, record) : fromV3(resource, record)
}

const reportIt = 'Check what cf curl prints for this page; --verbose shows the call.'

/** The parts of a value that should be an object; of anything else each part is undefined. */
const partsOf = (value: unknown) => (value ?? {}) as Readonly<Record<string, unknown>>
const asText = (value: unknown) => (typeof value === 'string' ? value : '')

// Names on both sides: the field map in "Resource and map to v2" (app/presenters/v3/event_presenter.rb and
// app/models/runtime/event.rb of cloud_controller_ng).
function fromV2(resource: unknown, record: Buffer): AuditEvent {
  const { metadata, entity } = partsOf(resource)
  const { guid, created_at } = partsOf(metadata)
  const parts = partsOf(entity)
  return {
    api: 'v2',
    guid: asText(guid),
    time: asText(parts.timestamp) || asText(created_at),
    type: asText(parts.type),
    actor: {
      guid: asText(parts.actor),
      type: asText(parts.actor_type),
      name: asText(parts.actor_name),
      username: asText(parts.actor_username),
    },
    target: {
      guid: asText(parts.actee),
      type: asText(parts.actee_type),
      name: asText(parts.actee_name),
    },
    spaceGuid: asText(parts.space_guid),
    orgGuid: asText(parts.organization_guid),
    data: parts.metadata,
    record,
    resource,
  }
}

function fromV3(resource: unknown, record: Buffer): AuditEvent {
  const parts = partsOf(resource)
  const actor = partsOf(parts.actor)
  const target = partsOf(parts.target)
  return {
    api: 'v3',
    guid: asText(parts.guid),
    time: asText(parts.created_at),
    type: asText(parts.type),
    actor: { guid: asText(actor.guid), type: asText(actor.type), name: asText(actor.name), username: '' },
    target: { guid: asText(target.guid), type: asText(target.type), name: asText(target.name) },
    spaceGuid: asText(partsOf(parts.space).guid),
    orgGuid: asText(partsOf(parts.organization).guid),
    data: parts.data,
    record,
    resource,
  }
}

/**
 * The `entity` that `/v2/events` gives, rebuilt where the event was read through v3. What v3 lacks is the nearest
 * thing it does: `actor_username` is the actor's name.
 */
export function v2Entity({ api, resource }: AuditEvent): unknown {
  if (api === 'v2') return valueAt(resource, 'entity')
  const at = (...path: string[]) => valueAt(resource, ...path) ?? null
  return {
    type: at('type'),
    actor: at('actor', 'guid'),
    actor_type: at('actor', 'type'),
    actor_name: at('actor', 'name'),
    actor_username: at('actor', 'name'),
    actee: at('target', 'guid'),
    actee_type: at('target', 'type'),
    actee_name: at('target', 'name'),
    timestamp: at('created_at'),
    metadata: valueAt(resource, 'data') ?? {},
    space_guid: valueAt(resource, 'space', 'guid') ?? '',
    organization_guid: valueAt(resource, 'organization', 'guid') ?? '',
  }
}

/** The event as `/v2/events` gives it, rebuilt where it was read through v3; the metadata keep their own bytes. */
export function asV2Record(event: AuditEvent): Buffer {
  if (event.api === 'v2') return event.record
  const { guid, record, resource } = event
  const metadata = {
    guid,
    url: `/v2/events/${guid}`,
    created_at: valueAt(resource, 'created_at') ?? null,
    updated_at: valueAt(resource, 'updated_at') ?? null,
  }
  // v2 gives an empty object where nothing was stored.
  const data = (valueAt(resource, 'data') ?? null) === null ? undefined : rangesAt(record, ['data']).at(-1)
  const entity = Object.entries(v2Entity(event) as object).flatMap(([key, value], index) => [
    Buffer.from(`${index === 0 ? '' : ','}${JSON.stringify(key)}:`),
    key === 'metadata' && data !== undefined ? record.subarray(...data) : Buffer.from(jsonOf(value, guid)),
  ])
  return Buffer.concat([
    Buffer.from(`{"metadata":${jsonOf(metadata, guid)},"entity":{`),
    ...entity,
    Buffer.from('}}'),
  ])
}

/** JSON.parse reads lists within lists to any depth; to print them, JSON.stringify needs a stack as deep as they are. */
function jsonOf(value: unknown, guid: string): string {
  try {
    return JSON.stringify(value)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new Failed(`Event ${guid} is nested too deeply to convert to the v2 format.`, reportIt, {
      cause,
    })
  }
}
