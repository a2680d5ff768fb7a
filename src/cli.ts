#!/usr/bin/env node
import { keepCompiled } from './cache.ts'

keepCompiled(process)

const { main } = await import('./main.ts')
const code = await main(process.argv.slice(2), process)
process.exitCode = code

// A stdout whose reader does not read would keep an interrupted process for ever.
const signal = ({ 129: 'SIGHUP', 130: 'SIGINT', 143: 'SIGTERM' } as const)[code]
if (signal !== undefined && process.stdout.writableLength > 0) process.kill(process.pid, signal)
