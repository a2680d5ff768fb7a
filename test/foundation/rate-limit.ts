import { type Answer, ApiError, errorBody } from './answer.ts'
import type { Request } from './request.ts'

/** Requests a user may make in each window; absent means no limit, as by default. */
export interface RateLimits {
  general?: number
  v2?: number
  /** The window; an hour by default. */
  seconds?: number
}

interface Window {
  count: number
  until: number
}

/** Cloud Controller's two rate limiters: fixed windows per user, refused requests count too. */
export class RateLimiter {
  private readonly limits: RateLimits
  private readonly windows = new Map<string, Window>()

  constructor(limits: RateLimits = {}) {
    this.limits = limits
  }

  /** The headers that every limited answer carries, and the refusal when the limit is passed. */
  check(request: Request, now: Date): { headers: Record<string, string>; refusal?: Answer } {
    const { user, path } = request
    const admin = user?.scopes.some(scope => /^cloud_controller\.admin(_read_only)?$/.test(scope)) ?? false
    const onV2 = /^\/v2\/(?!info).+/.test(path)
    if (onV2 && this.limits.v2 !== undefined) {
      if (!user?.scopes.includes('cloud_controller.v2_api_rate_limit_exempt')) {
        const error = new ApiError(
          429,
          10018,
          'CF-RateLimitV2APIExceeded',
          'Rate Limit of V2 API Exceeded. Please consider using the V3 API',
        )
        return this.count(`v2 ${user?.guid ?? ''}`, this.limits.v2, '-V2-API', error, path, now)
      }
    }
    if (this.limits.general === undefined || admin || /^\/(v2\/info|v3|healthz)?$/.test(path))
      return { headers: {} }
    const error = user
      ? new ApiError(429, 10013, 'CF-RateLimitExceeded', 'Rate Limit Exceeded')
      : new ApiError(
          429,
          10014,
          'CF-IPBasedRateLimitExceeded',
          'Rate Limit Exceeded: Unauthenticated requests from this IP address have exceeded the limit. Please log in.',
        )
    return this.count(user?.guid ?? 'ip', this.limits.general, '', error, path, now)
  }

  private count(key: string, limit: number, suffix: string, error: ApiError, path: string, now: Date) {
    const seconds = Math.floor(now.getTime() / 1000)
    let window = this.windows.get(key)
    if (!window || window.until <= seconds) {
      window = { count: 0, until: seconds + (this.limits.seconds ?? 3600) }
      this.windows.set(key, window)
    }
    window.count++
    // The real one rounds what remains down to tenths of the limit.
    const remaining = Math.max(
      0,
      Math.floor((Math.floor(((limit - window.count) / limit) * 10) / 10) * limit),
    )
    const headers = {
      [`X-RateLimit-Limit${suffix}`]: String(limit),
      [`X-RateLimit-Reset${suffix}`]: String(window.until),
      [`X-RateLimit-Remaining${suffix}`]: String(remaining),
    }
    if (window.count <= limit) return { headers }
    const refusal: Answer = {
      status: 429,
      headers: {
        ...headers,
        'Retry-After': String(window.until - seconds),
        'Content-Type': 'text/plain; charset=utf-8',
      },
      body: errorBody(error, path),
    }
    return { headers, refusal }
  }
}
