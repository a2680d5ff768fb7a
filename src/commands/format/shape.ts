import { type ApiName, textAt, valueAt } from '../../capi/event.ts'
import { redactedExcerpt } from '../../secrets.ts'

// What a value of saved JSON is: an audit event, or one of the many other things that people save.

/** What JSON has between braces. */
export type JsonObject = Readonly<Record<string, unknown>>

/** A problem with a value: the end of a sentence that starts with its name, and the fix. */
export interface Problem {
  readonly what: string
  readonly advice: string
}

export const saveEvents = 'Save what cf curl prints for /v3/audit_events or /v2/events.'

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The API whose audit event a value is, or why it is none. */
export function shapeOf(value: unknown): ApiName | Problem {
  if (!isObject(value)) return notObject(value)
  if (Object.hasOwn(value, 'entity')) return shapeOfV2(value)
  const { guid, type, actor, target, data } = value
  if (typeof guid !== 'string' || guid === '') return withoutGuid(value)
  for (const key of objectsOfV3) if (typeof value[key] === 'string') return cut(key, value[key])
  if (typeof type !== 'string' || actor === undefined || target === undefined) {
    return otherResource(textAt(value, 'links', 'self', 'href'))
  }
  return cutInside(data, 'data') ?? 'v3'
}

const objectsOfV3 = ['actor', 'target', 'data', 'space', 'organization'] as const

function shapeOfV2({ metadata, entity }: JsonObject): ApiName | Problem {
  if (typeof metadata === 'string') return cut('metadata', metadata)
  if (typeof entity === 'string') return cut('entity', entity)
  if (textAt(metadata, 'guid') === '') return noGuid
  const { type, actor, actee, metadata: data } = isObject(entity) ? entity : {}
  if (typeof type !== 'string' || actor === undefined || actee === undefined) {
    return otherResource(textAt(metadata, 'url'))
  }
  if (typeof data === 'string') return cut('entity.metadata', data)
  return cutInside(data, 'entity.metadata') ?? 'v2'
}

const noGuid: Problem = {
  what: ' has no GUID, so it can be neither counted nor deduplicated',
  advice: saveEvents,
}

function notObject(value: unknown): Problem {
  if (typeof value === 'string') return cut('', value)
  if (value === null) return { what: ' has no GUID: it is null', advice: saveEvents }
  return {
    what: ` is ${Array.isArray(value) ? 'a list' : `a ${typeof value}`}, not an audit event`,
    advice: saveEvents,
  }
}

function withoutGuid(value: JsonObject): Problem {
  const said = cfErrorOf(value)
  if (said !== undefined) return { what: ` is an error of Cloud Foundry: ${said}`, advice: saveEvents }
  return noGuid
}

/** Whether this is what `jq '.resources[].entity'` leaves of an event of API v2. */
export const isEntityAlone = (value: unknown) =>
  isObject(value) && Object.hasOwn(value, 'actee') && Object.hasOwn(value, 'actor_type')

function otherResource(link: string): Problem {
  const path = pathOf(link)?.replace(/\/[^/]*$/, '')
  const what =
    path === undefined || isEvents(path) ? ' is not an audit event' : ` is of ${path}, not an audit event`
  return { what, advice: saveEvents }
}

// What ConvertTo-Json of PowerShell makes of an object that is deeper than its -Depth (2, if left out).
const cutText = /^(@\{[\s\S]*\}|System\.[\w.]+(\[\])?)$/

function cut(key: string, text: unknown): Problem {
  const by = cutText.test(String(text)) ? ': ConvertTo-Json without -Depth cut it' : ''
  return {
    what: `${key === '' ? '' : `: ${key}`} is text, but should be an object${by}`,
    advice: 'Save what cf curl prints, or convert it with ConvertTo-Json -Depth 100.',
  }
}

/** The first text where a request has an object. Only what was cut for certain: a request can be of any shape. */
function cutInside(data: unknown, path: string): Problem | undefined {
  const request = isObject(data) ? data.request : undefined
  if (isCut(request)) return cut(`${path}.request`, request)
  const relationships = isObject(request) ? request.relationships : undefined
  if (isCut(relationships)) return cut(`${path}.request.relationships`, relationships)
  if (!isObject(relationships)) return undefined
  for (const key of Object.keys(relationships)) {
    const value = relationships[key]
    if (isCut(value)) return cut(`${path}.request.relationships.${key}`, value)
    const inner = isObject(value) ? value.data : undefined
    if (isCut(inner)) return cut(`${path}.request.relationships.${key}.data`, inner)
  }
  return undefined
}

const isCut = (value: unknown) => typeof value === 'string' && cutText.test(value)

/** A problem with the envelope of a page, given without its `resources`. */
export function problemOfEnvelope(envelope: JsonObject): Problem | undefined {
  const { names, ...others } = envelope
  const unread = areOurNames(names) ? others : envelope
  const said = cfErrorIn(unread)
  if (said !== undefined) return { what: ` holds an error of Cloud Foundry: ${said}`, advice: saveEvents }
  if (typeof shapeOf(envelope) === 'string')
    return { what: ' is both an event and a list', advice: saveEvents }
  const { pagination, resources } = envelope
  for (const [key, value] of [
    ['resources', resources],
    ['pagination', pagination],
    ['pagination.first', valueAt(pagination, 'first')],
  ] as const) {
    if (typeof value === 'string') return cut(key, value)
  }
  const place = Array.isArray(resources) && resources.length > 0 ? 'resources' : placeOfEvent(unread)
  if (place === undefined) return undefined
  return {
    what: ` has events where a page cannot have any: in ${redactedExcerpt(place)}`,
    advice: 'Save them in a file of their own.',
  }
}

/** The path of an event in an envelope that would otherwise be dropped silently. */
function placeOfEvent(envelope: JsonObject): string | undefined {
  const waiting: [place: string, value: unknown][] = Object.entries(envelope)
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [place, value] = next
    if (typeof value !== 'object' || value === null) continue
    if (typeof shapeOf(value) === 'string') return place
    for (const [key, inner] of Object.entries(value)) waiting.push([`${place}.${key}`, inner])
  }
  return undefined
}

/** Whether these are names by GUID as --names writes them. */
export const areOurNames = (names: unknown): names is JsonObject =>
  isObject(names) && Object.values(names).every(name => textAt(name, 'kind') !== '')

/** The list that a page is part of, as its links say: `/v3/roles`; undefined for events, or when it does not say. */
export function otherListOf(envelope: unknown): string | undefined {
  const links = [
    textAt(envelope, 'pagination', 'first', 'href'),
    textAt(envelope, 'next_url'),
    textAt(envelope, 'prev_url'),
  ]
  const path = links.map(pathOf).find(each => each !== undefined)
  return path === undefined || isEvents(path) ? undefined : path
}

const pathOf = (link: string) => /^(?:https?:\/\/[^/?#]*)?(\/v[23]\/[^?#]*[^/?#])/.exec(link)?.[1]
// API v2 lists the events of one app or space, too.
const isEvents = (path: string) => /^\/v3\/audit_events$|^\/v2\/(\w+\/[^/]+\/)?events$/.test(path)

/**
 * What an error of Cloud Foundry or of its UAA says (app/presenters/v3_error_hasher.rb, v2_error_hasher.rb); undefined for
 * anything else.
 */
function cfErrorOf(value: unknown): string | undefined {
  const said =
    textAt(valueAt(value, 'errors'), '0', 'detail') ||
    textAt(valueAt(value, 'errors'), '0', 'title') ||
    (textAt(value, 'error_code') && textAt(value, 'description')) ||
    (textAt(value, 'error') && textAt(value, 'error_description'))
  return said === '' ? undefined : redactedExcerpt(said)
}

/** The same for an error anywhere in a value. */
export function cfErrorIn(value: unknown): string | undefined {
  const waiting = [value]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const said = cfErrorOf(next)
    if (said !== undefined) return said
    if (typeof next === 'object' && next !== null)
      for (const inner of Object.values(next)) waiting.push(inner)
  }
  return undefined
}
