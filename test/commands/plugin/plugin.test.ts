import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../run.ts'
import { withScene } from '../../scene.ts'

const plugin = suite('cf-audit plugin')

for (const [args, message] of [
  [[], /no action given\.\nUse one of install, status, uninstall\./],
  [['instal'], /"instal".*\n?.*install, status/],
  [['install', 'more'], /more/],
] as const) {
  plugin(`plugin ${args.join(' ')} is refused`, () =>
    withScene({ events: 0 }, async ({ cf }) => {
      const { code, stdout, stderr } = await run(cf, ['plugin', ...args])
      assert.is(code, 2)
      assert.is(stdout, '')
      assert.match(stderr, message)
    }),
  )
}

plugin('Windows is refused, with the reason', () =>
  withScene({ events: 0 }, async ({ cf }) => {
    const { platform } = process
    Object.defineProperty(process, 'platform', { value: 'win32' })
    try {
      for (const action of ['install', 'status', 'uninstall']) {
        const { code, stderr } = await run(cf, ['plugin', action])
        assert.is(code, 2)
        assert.is(
          stderr,
          'cf on Windows runs only .exe files as plugins, and cf-audit is a script.\nUse cf-audit itself: the commands are the same.\n',
        )
      }
    } finally {
      Object.defineProperty(process, 'platform', { value: platform })
    }
  }),
)

plugin('not installed: status says how, uninstall has nothing to do', () =>
  withScene({ events: 0 }, async ({ cf }) => {
    const status = await run(cf, ['plugin', 'status'])
    assert.is(status.code, 0)
    assert.is(status.stderr, "Not installed. Install it with 'cf-audit plugin install'.\n")
    const { code, stderr } = await run(cf, ['plugin', 'uninstall'])
    assert.is(code, 2)
    assert.match(stderr, 'the plugin is not installed.')
  }),
)
plugin.run()
