#!/usr/bin/env node
import { keepCompiled } from './cache.ts'
import { prepared } from './prepared.ts'

const argv = process.argv.slice(2)
const answer = prepared(argv)

if (answer !== undefined) {
  process.stdout.on('error', () => {}) // Its reader may have gone: `| head`.
  process.stdout.write(answer)
} else {
  keepCompiled(process)

  // No `await` here: what is built is CommonJS, which starts sooner.
  void import('./main.ts')
    .then(({ main }) => main(argv, process))
    .then(code => {
      process.exitCode = code

      // A reader that does not read holds the last write, and the process with it, for ever: an interruption ends both.
      const signal = ({ 129: 'SIGHUP', 130: 'SIGINT', 143: 'SIGTERM' } as const)[code]
      if (signal !== undefined && process.stdout.writableLength > 0) process.kill(process.pid, signal)
    })
}
