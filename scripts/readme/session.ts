import { startFoundation } from '../../test/foundation/foundation.ts'
import { installCf } from '../../test/foundation/install-cf.ts'
import { sampleFoundation } from '../../test/foundation/sample.ts'
import { openTerminal } from '../../test/terminal.ts'
import type { TerminalOutput } from './picture.ts'

/** The width of the terminal in the picture. */
export const columns = 118

const commandLines = [
  ['user-access', 'demo-org', '--since', '2026-11-01'],
  ['routes', 'demo-org', '--since', '7d', '-O', 'routes.csv'],
  ['types', 'space', 'manager'],
]

/**
 * Runs the tool on a terminal. The sample and the time are fixed, so the output is always the same.
 * @throws Error when a command fails.
 */
export async function recordSession(): Promise<TerminalOutput[]> {
  const now = new Date('2026-11-02T09:00:00Z')
  const sample = sampleFoundation({ events: 2400, seed: 1, now, ordinary: true })
  const foundation = await startFoundation({ ...sample, now })
  foundation.clock.stop(now.getTime())
  const cf = installCf({ foundation, session: foundation.login('auditor@example.gov'), org: sample.org })
  try {
    const session: TerminalOutput[] = []
    for (const args of commandLines) {
      const line = `cf-audit ${args.join(' ')}`
      // Without progress, which moves the cursor.
      const terminal = openTerminal(cf, args, { columns, cwd: cf.home, env: { CI: 'true' } })
      const { code } = await terminal.ended
      if (code !== 0) throw new Error(`${line} exited with ${code}: ${terminal.bytes()}`)
      session.push({ line, bytes: terminal.bytes() })
    }
    return session
  } finally {
    cf.remove()
    await foundation.close()
  }
}
