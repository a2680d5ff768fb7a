// @ts-check
import * as fs from 'node:fs'
import { v6 } from './generation.js'

/** What ends a command: its exit code. Everything has been printed by then. */
export class Exit extends Error {
  /** @param {number} code */
  constructor(code) {
    super(`exit ${code}`)
    this.code = code
  }
}

/**
 * Writes all of it before going on, as Go does; a pipe that is full is tried again.
 * @param {number} fd
 * @param {string | Uint8Array} text
 */
const write = (fd, text) => {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  for (let at = 0; at < bytes.length; ) {
    try {
      at += fs.writeSync(fd, bytes, at)
    } catch (error) {
      const { code } = /** @type {NodeJS.ErrnoException} */ (error)
      if (code === 'EPIPE') throw new Exit(1)
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

/** @param {string | Uint8Array} text */
export const stdout = text => write(1, text)

/** @param {string | Uint8Array} text */
export const stderr = text => write(2, text)

/** `FAILED`, in red when colours are forced. */
export const failed = () => stdout(`${painted('31;1', 'FAILED')}\n`)

const coloured = /^(1|t|true)$/i.test(process.env.CF_COLOR ?? '')

/** Colours appear when they are forced; a pipe has none otherwise. @param {string} code @param {string} text */
export const painted = (code, text) =>
  coloured ? `\u001b[${code}m${text}\u001b[${v6 ? '0' : '0;22'}m` : text

/** @param {string} text */
export const bold = text => (coloured ? `\u001b[1m${text}\u001b[${v6 ? '0' : '22'}m` : text)

/**
 * FAILED on stdout and the reason on stderr: every command but the old `curl`.
 * @param {string} reason
 * @returns {never}
 */
export const fail = reason => {
  failed()
  stderr(`${reason}\n`)
  throw new Exit(1)
}

/**
 * FAILED and the reason on stdout: the old `curl`.
 * @param {string} reason
 * @returns {never}
 */
export const failOnStdout = reason => {
  failed()
  stdout(`${reason}\n`)
  throw new Exit(1)
}
