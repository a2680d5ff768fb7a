import { fileURLToPath } from 'node:url'
import { audit, onTerminal, word } from '../../test/e2e/on-terminal.ts'
import { startFoundation } from '../../test/foundation/foundation.ts'
import { installCf } from '../../test/foundation/install-cf.ts'
import { sampleFoundation } from '../../test/foundation/sample.ts'
import type { Shown } from './picture.ts'

/** How wide the terminal of the picture is. */
export const columns = 118

const commands = [
  ['user-access', 'demo-org', '--since', '2026-11-01'],
  ['routes', 'demo-org', '--since', '7d', '-O', 'routes.csv'],
  ['types', 'space', 'manager'],
]

/**
 * What the built tool prints on a terminal, on a sample that is always the same, at a time that is.
 * @throws Error when a command fails.
 */
export async function session(): Promise<Shown[]> {
  const now = new Date('2026-11-02T09:00:00Z')
  const sample = sampleFoundation({ events: 2400, seed: 1, now, ordinary: true })
  const foundation = await startFoundation({ ...sample, now })
  const cf = installCf({ foundation, session: foundation.login('auditor@example.gov'), org: sample.org })
  const clock = fileURLToPath(new URL('clock.cjs', import.meta.url))
  const env = {
    NODE_OPTIONS: `--require ${JSON.stringify(clock)}`,
    CLOCK_STOPS_AT: now.toISOString(),
    CI: 'true', // Progress is gone in the end, and moves the cursor until then.
  }
  try {
    const all: Shown[] = []
    for (const args of commands) {
      const { code, bytes } = await onTerminal(cf, `cd ${word(cf.home)}; ${audit(...args)}`, { columns, env })
      if (code !== 0) throw new Error(`cf-audit ${args.join(' ')} ended with ${code}: ${bytes}`)
      all.push({ line: `cf-audit ${args.join(' ')}`, bytes })
    }
    return all
  } finally {
    cf.remove()
    await foundation.close()
  }
}
