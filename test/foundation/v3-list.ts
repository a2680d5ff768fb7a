import { type Answer, badQuery, json } from './answer.ts'
import { cgiEscape, nestedParameters, type Parameter } from './request.ts'

/** The rules of one v3 listing. */
export interface ListRules {
  path: string
  /** List parameters beyond the common ones, in the order in which the API names them. */
  keys: string[]
  /** Parameters that are not comma lists. */
  single?: string[]
  orderBy?: string[]
  include?: string[]
  /** Most listings answer 400 to a bad parameter, users and roles 422. */
  refuse?: (detail: string) => Error
  maxPerPage?: number
  maxTotalResults?: number | undefined
  /** Keys that may be an object, such as target_guids[not]. */
  hashes?: string[]
  defaultOrder?: string
}

/** A v3 listing's parameters, checked and taken apart. */
export interface ListMessage {
  page: number
  perPage: number
  orderBy: string | undefined
  descending: boolean
  lists: Map<string, string[]>
  /** The parameters as sent, in their order, for the links. */
  parameters: Map<string, Parameter>
  not: Map<string, string[]>
  createdAts: TimeTest | undefined
  updatedAts: TimeTest | undefined
}

interface TimeTest {
  key: string
  keeps(seconds: number): boolean
}

const common = ['page', 'per_page', 'order_by', 'created_ats', 'updated_ats', 'guids']

/** Reads and checks the parameters of a v3 listing, as Cloud Controller's list messages do. */
export const readList = (query: string, rules: ListRules): ListMessage => {
  const parameters = nestedParameters(query)
  const errors: string[] = []
  const allowed = [...common, ...rules.keys, ...(rules.single ?? [])]
  const limit = rules.maxPerPage ?? 5000

  const page = parameters.get('page')
  const perPage = parameters.get('per_page')
  if (page !== undefined && !(toInteger(page) > 0)) errors.push('Page must be a positive integer')
  if (perPage !== undefined) {
    if (!(toInteger(perPage) > 0)) errors.push('Per page must be a positive integer')
    else if (toInteger(perPage) > limit) errors.push(`Per page must be between 1 and ${limit}`)
  }
  const numbers = { page: toInteger(page) || 1, perPage: toInteger(perPage) || 50 }
  if (rules.maxTotalResults !== undefined && numbers.page * numbers.perPage > rules.maxTotalResults) {
    errors.push(`Maximum result (page * per_page) must be less than ${rules.maxTotalResults}`)
  }
  const columns = rules.orderBy ?? ['created_at', 'updated_at']
  const order = String(parameters.get('order_by') || rules.defaultOrder || '')
  const [, sign, column] = /^([-+])?(.*)$/s.exec(order)!
  if (order !== '' && !columns.includes(column!)) {
    errors.push(`Order by can only be: ${columns.map(each => `'${each}'`).join(', ')}`)
  }
  const times = new Map<string, TimeTest>()
  for (const name of ['created_ats', 'updated_ats']) {
    const value = parameters.get(name)
    if (value !== undefined) times.set(name, timeTest(name, value, errors))
  }

  const lists = new Map<string, string[]>()
  const not = new Map<string, string[]>()
  for (const name of ['guids', ...rules.keys]) {
    const value = parameters.get(name)
    if (value === undefined) continue
    if (typeof value === 'object' && !Array.isArray(value)) {
      if (!rules.hashes?.includes(name)) errors.push(`${human(name)} must be an array`)
      else if (value.not !== undefined) not.set(name, toList(value.not))
    } else lists.set(name, toList(value))
  }
  const unknown = [...parameters.keys()].filter(name => !allowed.includes(name))
  if (unknown.length > 0) {
    errors.push(
      `Unknown query parameter(s): '${unknown.join("', '")}'. Valid parameters are: '${allowed.join("', '")}'`,
    )
  }
  for (const include of lists.get('include') ?? []) {
    if (rules.include && !rules.include.includes(include)) {
      errors.push(
        `Invalid included resource: '${include}'. Valid included resources are: '${rules.include.join("', '")}'`,
      )
    }
  }
  if (errors.length > 0) throw (rules.refuse ?? badQuery)(errors.join(', '))
  return {
    ...numbers,
    orderBy: order === '' ? undefined : column,
    descending: sign === '-',
    lists,
    parameters,
    not,
    createdAts: times.get('created_ats'),
    updatedAts: times.get('updated_ats'),
  }
}

/** The envelope of a v3 page. Links are absolute, with every filter encoded again. */
export const listAnswer = (
  message: ListMessage,
  rules: ListRules,
  total: number,
  resources: string[],
  apiUrl: string,
  included?: unknown,
): Answer => {
  const last = Math.max(1, Math.ceil(total / message.perPage))
  const link = (page: number) => ({ href: `${apiUrl}${rules.path}?${linkQuery(message, page)}` })
  const { page } = message
  const pagination = JSON.stringify({
    total_results: total,
    total_pages: last,
    first: link(1),
    last: link(last),
    next: page + 1 <= last ? link(page + 1) : null,
    previous: page > 1 ? link(page - 1) : null,
  })
  const tail = included === undefined ? '' : `,"included":${JSON.stringify(included)}`
  return json(`{"pagination":${pagination},"resources":[${resources.join(',')}]${tail}}`)
}

/** Rails' to_query: pairs sorted, keys and values escaped. Commas inside a value come out twice escaped. */
const linkQuery = (message: ListMessage, page: number): string => {
  const pairs = [`page=${page}`, `per_page=${message.perPage}`]
  if (message.orderBy !== undefined) {
    pairs.push(`order_by=${cgiEscape(`${message.descending ? '-' : '+'}${message.orderBy}`)}`)
  }
  for (const [name, value] of message.parameters) {
    if (['page', 'per_page', 'order_by'].includes(name)) continue
    if (typeof value === 'string' || Array.isArray(value)) {
      const items = message.lists.get(name) ?? toList(value)
      pairs.push(`${name}=${cgiEscape(items.map(each => each.replaceAll(',', '%2C')).join(','))}`)
      continue
    }
    for (const [operator, inner] of Object.entries(value)) {
      // A bug of Cloud Controller: its own link to the next page excludes the literal text ["a"] instead of a.
      if (message.not.has(name)) {
        for (const each of message.not.get(name)!) pairs.push(`${name}%5Bnot%5D%5B%5D=${cgiEscape(each)}`)
      } else pairs.push(`${name}%5B${operator}%5D=${cgiEscape(String(inner))}`)
    }
  }
  return pairs.sort().join('&')
}

const timestamp = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/

/** `created_ats=a,b` or `created_ats[gte]=a`: whole seconds, one strict format. */
const timeTest = (name: string, value: Parameter, errors: string[]): TimeTest => {
  const bad = `${human(name)} has an invalid timestamp format. Timestamps should be formatted as 'YYYY-MM-DDThh:mm:ssZ'`
  if (typeof value === 'string' || Array.isArray(value)) {
    const texts = toList(value)
    for (const each of texts) if (!timestamp.test(each)) errors.push(bad)
    const seconds = new Set(texts.map(secondsOf))
    return { key: `${name}=${JSON.stringify(texts)}`, keeps: at => seconds.has(at) }
  }
  const tests: ((at: number) => boolean)[] = []
  for (const [operator, text] of Object.entries(value)) {
    if (!['lt', 'gt', 'lte', 'gte'].includes(operator)) {
      errors.push(`${human(name)} Invalid relational operator: '${operator}'`)
    }
    if (String(text).includes(',')) {
      errors.push(`${human(name)} only accepts one value when using a relational operator`)
      continue
    }
    if (!timestamp.test(String(text))) errors.push(bad)
    const limit = secondsOf(String(text))
    tests.push(
      operator === 'lt'
        ? at => at < limit
        : operator === 'gte'
          ? at => at >= limit
          : operator === 'gt'
            ? at => at > limit
            : at => at <= limit,
    )
  }
  return { key: `${name} ${JSON.stringify(value)}`, keeps: at => tests.every(test => test(at)) }
}

const secondsOf = (text: string) => Math.floor(Date.parse(text) / 1000)

/** Ruby's to_array!: split at commas, then each item unescaped once more (`%2C` is a comma in a name). */
const toList = (value: string | string[]): string[] => {
  if (value === '') return ['']
  // A Ruby list turned into text: ["a", "b"].
  const text = Array.isArray(value) ? `[${value.map(each => JSON.stringify(each)).join(', ')}]` : value
  return text.split(/,\s*/).map(each => {
    try {
      return decodeURIComponent(each)
    } catch {
      return each
    }
  })
}

const toInteger = (value: Parameter | undefined): number =>
  Number(/^\s*[-+]?\d+/.exec(typeof value === 'string' ? value : '')?.[0] ?? 0)

const human = (name: string): string => {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
