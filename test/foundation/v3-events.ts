import { type Answer, json, resourceNotFound, unknownError } from './answer.ts'
import { decode, type Request } from './request.ts'
import { v3Resource } from './serialise.ts'
import type { State, User } from './state.ts'
import type { Condition, EventColumns } from './store.ts'
import { type ListRules, listAnswer, readList } from './v3-list.ts'
import { visibleEvents } from './visibility.ts'

const rules: ListRules = {
  path: '/v3/audit_events',
  keys: ['types', 'target_guids', 'space_guids', 'organization_guids'],
  hashes: ['target_guids'],
}

const columns: Record<string, keyof EventColumns> = {
  types: 'type',
  target_guids: 'actee',
  space_guids: 'spaceGuid',
  organization_guids: 'orgGuid',
}

/** What an operator may have set for v3's listings. */
interface V3Limits {
  perPage: number
  totalResults: number | undefined
}

/** GET /v3/audit_events. */
export const listV3Events = (
  state: State,
  user: User,
  request: Request,
  limits: V3Limits,
  apiUrl: string,
): Answer => {
  const own = { ...rules, maxPerPage: limits.perPage, maxTotalResults: limits.totalResults }
  const message = readList(request.query, own)
  const conditions: Condition[] = [visibleEvents(state, user, 'v3')]
  for (const [name, values] of message.lists) {
    const wanted = new Set(values)
    const key = `${name}=${JSON.stringify(values)}`
    const column = columns[name]
    if (column) conditions.push({ key, keeps: event => wanted.has(event[column]) })
    else conditions.push({ key, keeps: event => wanted.has(event.guid) })
  }
  for (const [name, values] of message.not) {
    const unwanted = new Set(values)
    const column = columns[name]!
    conditions.push({
      key: `${name}!=${JSON.stringify(values)}`,
      keeps: event => !unwanted.has(event[column]),
    })
  }
  // An event never changes: its updated_at is its created_at.
  for (const test of [message.createdAts, message.updatedAts]) {
    if (test) conditions.push({ key: test.key, keeps: (_, at) => test.keeps(at) })
  }
  if (impossibleTime(request.query)) throw unknownError()
  const order = message.orderBy === undefined ? 'id' : 'created_at,guid'
  const selection = state.events.select(conditions, order)
  const offset = (message.page - 1) * message.perPage
  const resources = selection.page(offset, message.perPage, message.descending, 'v3', event =>
    JSON.stringify(v3Resource(event, apiUrl)),
  )
  return listAnswer(message, own, selection.length, resources, apiUrl)
}

/** GET /v3/audit_events/:guid: hidden is the same as missing. */
export const showV3Event = (state: State, user: User, guid: string, apiUrl: string): Answer => {
  const event = state.events.find(guid)
  if (!event || !visibleEvents(state, user, 'v3').keeps(event, 0)) throw resourceNotFound('Event')
  return json(v3Resource(event, apiUrl))
}

/** A thirteenth month has the right format, so only the database refuses it. */
const impossibleTime = (query: string): boolean =>
  (decode(query).match(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g) ?? []).some(text => Number.isNaN(Date.parse(text)))
