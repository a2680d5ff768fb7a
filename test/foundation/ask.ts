import type { Foundation } from './foundation.ts'
import type { Session } from './uaa.ts'

export interface Asked {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON the API answers; undefined when it isn't
  json: any
}

/** One request without cf, to look at the foundation itself. */
export const client = async (
  foundation: Foundation,
  who: Session | string | undefined,
  path: string,
  init: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Asked> => {
  const session = typeof who === 'string' ? foundation.login(who) : who
  const response = await fetch(`${foundation.url}${path}`, {
    ...init,
    headers: { ...(session ? { Authorization: `bearer ${session.accessToken}` } : {}), ...init.headers },
  })
  const text = await response.text()
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {}
  return { status: response.status, headers: response.headers, text, json }
}
