import { randomBytes } from 'node:crypto'
import { type Answer, invalidToken, json, notAuthenticated } from './answer.ts'
import type { State, User } from './state.ts'

/** Somebody who is logged in: what `cf login` would have written into config.json. */
export interface Session {
  user: User
  accessToken: string
  refreshToken: string
}

export interface LoginOptions {
  /** Seconds until the access token expires; negative for one that has. */
  expiresIn?: number
  /** Other scopes than the user's own, such as none at all. */
  scopes?: string[]
}

/** How the next calls of `POST /oauth/token` are refused. */
type UaaTrouble = 401 | 500 | 503 | undefined

/**
 * The UAA of the foundation. Tokens are dated by this machine's clock, not by the foundation's:
 * cf judges their `exp` by its own.
 */
export class Uaa {
  trouble: UaaTrouble
  /** Seconds that a refreshed access token lives. */
  lifetime = 1200
  /** How often a token was asked for, refused ones included. */
  refreshes = 0
  private readonly rotate: boolean
  private readonly signature = randomBytes(24).toString('base64url')
  private readonly refreshTokens = new Map<string, { user: User; scopes: string[] }>()
  private readonly revoked = new Set<string>()
  private readonly url: () => string
  private readonly now: () => number

  /** @param now milliseconds since 1970 */
  constructor(rotate: boolean, url: () => string, now: () => number) {
    this.rotate = rotate
    this.url = url
    this.now = now
  }

  login(user: User, options: LoginOptions = {}): Session {
    const scopes = options.scopes ?? user.scopes
    const accessToken = this.token(user, scopes, options.expiresIn ?? this.lifetime)
    return { user, accessToken, refreshToken: this.refreshToken(user, scopes) }
  }

  /** Both tokens are dead from now on, as after the user is locked or revoked. */
  revoke(session: Session): void {
    this.revoked.add(session.accessToken)
    this.refreshTokens.delete(session.refreshToken)
  }

  /** The user whose valid token this is; throws what Cloud Controller answers otherwise. */
  check(authorization: string | undefined, state: State): User {
    const token = /^bearer (.+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) throw notAuthenticated()
    const parts = token.split('.')
    if (parts.length !== 3 || parts[2] !== this.signature || this.revoked.has(token)) throw invalidToken()
    const claims = JSON.parse(Buffer.from(parts[1]!, 'base64url').toString()) as {
      exp: number
      sub: string
      scope: string[]
    }
    if (claims.exp <= this.now() / 1000) throw invalidToken()
    const user = state.users.find(each => each.guid === claims.sub)
    if (!user) throw invalidToken()
    return { ...user, scopes: claims.scope }
  }

  /** POST /oauth/token with grant_type=refresh_token, for the client `cf` with its empty secret. */
  answer(body: string, authorization: string | undefined): Answer {
    this.refreshes++
    if (this.trouble === 401)
      return refused('invalid_token', 'The token expired, was revoked, or is incorrect')
    if (this.trouble !== undefined) {
      return json({ error: 'server_error', error_description: 'Internal Server Error' }, this.trouble)
    }
    const form = new URLSearchParams(body)
    const client = Buffer.from(authorization?.replace(/^basic /i, '') ?? '', 'base64').toString()
    if (client.split(':')[0] !== 'cf') return refused('unauthorized', 'Bad credentials')
    if (form.get('grant_type') !== 'refresh_token') {
      return json({ error: 'unsupported_grant_type', error_description: 'Unsupported grant type' }, 400)
    }
    const given = form.get('refresh_token') ?? ''
    const known = this.refreshTokens.get(given)
    if (!known)
      return refused('invalid_token', 'The token expired, was revoked, or the token ID is incorrect.')
    const { user, scopes } = known
    if (this.rotate) this.refreshTokens.delete(given)
    return json({
      access_token: this.token(user, scopes, this.lifetime),
      token_type: 'bearer',
      refresh_token: this.rotate ? this.refreshToken(user, scopes) : given,
      expires_in: this.lifetime - 1,
      scope: scopes.join(' '),
      jti: randomBytes(16).toString('hex'),
    })
  }

  private refreshToken(user: User, scopes: string[]): string {
    const token = `${randomBytes(16).toString('hex')}-r`
    this.refreshTokens.set(token, { user, scopes })
    return token
  }

  private token(user: User, scopes: string[], expiresIn: number): string {
    const now = Math.floor(this.now() / 1000)
    const client = user.clientId
    const who = client
      ? { sub: client, client_id: client, cid: client, azp: client, grant_type: 'client_credentials' }
      : {
          sub: user.guid,
          client_id: 'cf',
          cid: 'cf',
          azp: 'cf',
          grant_type: 'password',
          user_id: user.guid,
          origin: user.origin,
          user_name: user.username,
          email: user.email,
        }
    const claims = {
      jti: randomBytes(16).toString('hex'),
      ...who,
      scope: scopes,
      iat: now,
      exp: now + expiresIn,
      iss: `${this.url()}/oauth/token`,
      zid: 'uaa',
      aud: ['cloud_controller', 'openid', 'cf'],
    }
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    return `${part({ alg: 'RS256', kid: 'key-1', typ: 'JWT' })}.${part(claims)}.${this.signature}`
  }
}

const refused = (error: string, description: string): Answer =>
  json({ error, error_description: description }, 401)
