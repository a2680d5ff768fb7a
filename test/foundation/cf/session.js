// @ts-check
import { overwriteConfig } from './config.js'

/** UAA refused to give a new token, or could not. */
export class RefreshError extends Error {
  /** @param {number} status @param {string} body */
  constructor(status, body) {
    super(
      status === 401
        ? 'The token expired, was revoked, or the token ID is incorrect. Please log back in to re-authenticate.'
        : `Error Code: ${status}\nRaw Response: ${body}`,
    )
    this.status = status
  }
}

/** The claims of a token, or undefined when it isn't a JWT. @param {string} token */
export const claimsOf = token => {
  try {
    const parts = token.replace(/^bearer /i, '').split('.')
    return parts.length === 3 ? JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString()) : undefined
  } catch {
    return undefined
  }
}

/** Less than a minute left, or not to be known. @param {import('./call.js').Call} call */
export const isStale = call => {
  const exp = Number(claimsOf(call.config.AccessToken)?.exp)
  return !(exp - call.now() / 1000 >= 60)
}

/**
 * POST /oauth/token. The new tokens are in the config afterwards; the file follows when the command ends
 * (v8), or at once and in place (v6, v7).
 * @param {import('./call.js').Call} call
 */
export const refresh = async call => {
  const { config } = call
  const secret = Buffer.from(`${config.UAAOAuthClient}:${config.UAAOAuthClientSecret}`).toString('base64')
  const response = await call.exchange(
    call,
    'POST',
    `${config.UaaEndpoint}/oauth/token`,
    {
      Accept: 'application/json',
      Authorization: `Basic ${secret}`,
      Connection: 'close',
      'Content-Type': 'application/x-www-form-urlencoded',
    },
    `grant_type=refresh_token&refresh_token=${encodeURIComponent(config.RefreshToken)}`,
  )
  const text = response.body.toString()
  if (response.status >= 400) throw new RefreshError(response.status, text)
  const tokens = JSON.parse(text)
  config.AccessToken = `bearer ${tokens.access_token}`
  config.RefreshToken = tokens.refresh_token
  overwriteConfig(call)
}
