#!/usr/bin/env node
import { main } from './main.ts'

// No `await` here: what is built is CommonJS, which starts sooner.
void main(process.argv.slice(2), process).then(code => {
  process.exitCode = code

  // A reader that does not read holds the last write, and the process with it, for ever: an interruption ends both.
  const signal = ({ 129: 'SIGHUP', 130: 'SIGINT', 143: 'SIGTERM' } as const)[code]
  if (signal !== undefined && process.stdout.writableLength > 0) process.kill(process.pid, signal)
})
