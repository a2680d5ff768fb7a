// @ts-check

/** @typedef {import('./call.js').Call} Call */

/** Ends a command with an exit code. Everything has been printed by then. */
export class Exit extends Error {
  /** @param {number} code */
  constructor(code) {
    super(`exit ${code}`)
    this.code = code
  }
}

/** `FAILED`, in red when colours are forced. @param {Call} call */
export const failed = call => call.stdout(`${painted(call, '31;1', 'FAILED')}\n`)

/** @param {Call} call */
const coloured = call => /^(1|t|true)$/i.test(call.env.CF_COLOR ?? '')

/** Colours appear when they are forced; a pipe has none otherwise. @param {Call} call @param {string} code @param {string} text */
export const painted = (call, code, text) =>
  coloured(call) ? `\u001b[${code}m${text}\u001b[${call.generation.v6 ? '0' : '0;22'}m` : text

/** @param {Call} call @param {string} text */
export const bold = (call, text) =>
  coloured(call) ? `\u001b[1m${text}\u001b[${call.generation.v6 ? '0' : '22'}m` : text

/**
 * FAILED on stdout and the reason on stderr: every command but the old `curl`.
 * @param {Call} call
 * @param {string} reason
 * @returns {never}
 */
export const fail = (call, reason) => {
  failed(call)
  call.stderr(`${reason}\n`)
  throw new Exit(1)
}

/**
 * FAILED and the reason on stdout: the old `curl`.
 * @param {Call} call
 * @param {string} reason
 * @returns {never}
 */
export const failOnStdout = (call, reason) => {
  failed(call)
  call.stdout(`${reason}\n`)
  throw new Exit(1)
}
