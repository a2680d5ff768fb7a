// @ts-check

/**
 * One run of the stand-in, with everything that it touches: a process of its own has one, and a test may make another.
 * @typedef {{
 *   bin: string,
 *   args: string[],
 *   env: Record<string, string | undefined>,
 *   generation: import('./generation.js').Generation,
 *   config: import('./config.js').Config,
 *   stdout: (text: string | Uint8Array) => void,
 *   stderr: (text: string | Uint8Array) => void,
 *   exchange: Exchange,
 *   hang: () => Promise<never>,
 *   now: () => number,
 *   traceId?: string,
 * }} Call
 */

/**
 * Sends one request.
 * @typedef {(
 *   call: Call, method: string, address: string, headers: Record<string, string>, body?: string,
 * ) => Promise<import('./http.js').Response>} Exchange
 */

export {}
