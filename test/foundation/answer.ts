/** What is sent back. A listing's body stays in parts, so that a page of 5000 is joined only once. */
export interface Answer {
  status: number
  headers: Record<string, string | string[]>
  body: string | Buffer
}

/** An error of Cloud Controller: each API writes it down in its own shape. */
export class ApiError extends Error {
  readonly status: number
  readonly code: number
  readonly title: string

  constructor(status: number, code: number, title: string, detail: string) {
    super(detail)
    this.status = status
    this.code = code
    this.title = title
  }
}

export const badQuery = (detail: string) =>
  new ApiError(400, 10005, 'CF-BadQueryParameter', `The query parameter is invalid: ${detail}`)

export const unprocessable = (detail: string) => new ApiError(422, 10008, 'CF-UnprocessableEntity', detail)

export const notFound = () => new ApiError(404, 10000, 'CF-NotFound', 'Unknown request')

export const resourceNotFound = (what: string) =>
  new ApiError(404, 10010, 'CF-ResourceNotFound', `${what} not found`)

export const notAuthenticated = () => new ApiError(401, 10002, 'CF-NotAuthenticated', 'Authentication error')

export const invalidToken = () => new ApiError(401, 1000, 'CF-InvalidAuthToken', 'Invalid Auth Token')

export const notAuthorized = () =>
  new ApiError(403, 10003, 'CF-NotAuthorized', 'You are not authorized to perform the requested action')

export const insufficientScope = () =>
  new ApiError(
    403,
    10007,
    'CF-InsufficientScope',
    'Your token lacks the necessary scopes to access this resource.',
  )

export const uaaUnavailable = () =>
  new ApiError(503, 20004, 'CF-UaaUnavailable', 'The UAA service is currently unavailable')

/** Exceptions that Cloud Controller does not translate; no CF- prefix here. */
export const unknownError = () => new ApiError(500, 10001, 'UnknownError', 'An unknown error occurred.')

export const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { 'Content-Type': 'application/json; charset=utf-8' },
  body: typeof value === 'string' ? value : JSON.stringify(value),
})

export const plain = (
  status: number,
  body: string,
  headers: Record<string, string> = {},
  type = 'text/plain; charset=utf-8',
): Answer => ({ status, headers: { 'Content-Type': type, ...headers }, body })

/** The error in the shape of the API that was asked; v2 for everything that is not /v3. */
export const errorBody = (error: ApiError, path: string): string => {
  if (path.startsWith('/v3')) {
    return JSON.stringify({ errors: [{ detail: error.message, title: error.title, code: error.code }] })
  }
  // The unknown error keeps the key order of its own constant.
  if (error.code === 10001)
    return JSON.stringify({ error_code: error.title, description: error.message, code: error.code })
  return JSON.stringify({ description: error.message, error_code: error.title, code: error.code })
}

export const errorAnswer = (error: ApiError, path: string): Answer =>
  json(errorBody(error, path), error.status)
