import type { IncomingHttpHeaders } from 'node:http'
import type { User } from './state.ts'

/** One request as it came in, with whose token it carried. */
export interface Request {
  method: string
  /** Path and query exactly as they were on the wire. */
  raw: string
  path: string
  /** Everything after the first `?`, not decoded. */
  query: string
  headers: IncomingHttpHeaders
  body: string
  user: User | undefined
}

/** Form decoding: `+` is a space; a broken escape stays as it is. */
export const decode = (text: string): string =>
  text
    .replace(/\+/g, ' ')
    .replace(/(?:%[0-9a-f]{2})+/gi, bytes => Buffer.from(bytes.replace(/%/g, ''), 'hex').toString('utf8'))

/** Ruby's CGI.parse, which reads v2's `q`: a raw `;` separates parameters just as `&` does. */
export const cgiValues = (query: string, name: string): string[] =>
  query
    .split(/[&;]/)
    .filter(pair => pair !== '')
    .map(pair => pair.split(/=(.*)/s).slice(0, 2).map(decode))
    .filter(([key]) => key === name)
    .map(([, value]) => value ?? '')

/** The last value of each parameter, as Rack gives them to v2 for everything but `q`. */
export const flatParameters = (query: string): Map<string, string> => {
  const found = new Map<string, string>()
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const [key = '', value = ''] = pair.split(/=(.*)/s).map(decode)
    found.set(key, value)
  }
  return found
}

/** A parameter in v3: text, `a[]=` as a list, `a[b]=` as an object. */
export type Parameter = string | string[] | { [operator: string]: string | string[] }

/** Rack's nested parameters. A repeated one is NOT merged: the last wins. */
export const nestedParameters = (query: string): Map<string, Parameter> => {
  const found = new Map<string, Parameter>()
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const [key = '', value = ''] = pair.split(/=(.*)/s).map(decode)
    const [, name = key, operator, list] = /^([^[]+)(?:\[([^\]]*)\])?(\[\])?$/.exec(key) ?? []
    const before = found.get(name)
    if (operator === undefined) found.set(name, value)
    else if (operator === '') found.set(name, [...(Array.isArray(before) ? before : []), value])
    else {
      const hash = typeof before === 'object' && !Array.isArray(before) ? before : {}
      const inner = hash[operator]
      hash[operator] = list ? [...(Array.isArray(inner) ? inner : []), value] : value
      found.set(name, hash)
    }
  }
  return found
}

/** Ruby's CGI.escape. */
export const cgiEscape = (text: string): string =>
  encodeURIComponent(text)
    .replace(/%20/g, '+')
    .replace(/[!'()]/g, sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
