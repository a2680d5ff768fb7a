#!/usr/bin/env node
// @ts-check
/**
 * A stand-in for `cf`: what each generation of the real one prints, writes and returns. Plain JavaScript on
 * bare sockets, so that it starts about as fast as node does and puts a path on the wire exactly as given.
 */
import * as fs from 'node:fs'
import { generationOf } from './cf/generation.js'
import { exchange } from './cf/http.js'
import { Exit } from './cf/out.js'
import { run } from './cf/run.js'

/**
 * Writes all of it before going on, as Go does; a full pipe is tried again.
 * @param {number} fd
 * @returns {(text: string | Uint8Array) => void}
 */
const writer = fd => text => {
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

const code = await run({
  bin: process.argv[1] ?? 'cf',
  args: process.argv.slice(2),
  env: process.env,
  generation: generationOf(process.env.CF_STANDIN_VERSION ?? '8.18.4'),
  config: {},
  stdout: writer(1),
  stderr: writer(2),
  exchange,
  hang: () => new Promise(() => setInterval(() => {}, 1 << 30)),
  now: Date.now,
})
// A call that hangs keeps the process alive, and the real cf ends all the same.
process.exit(code)
