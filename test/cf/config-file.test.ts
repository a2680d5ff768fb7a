import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { configFile, savedLogin } from '../../src/cf/config-file.ts'

const login = suite('the login that cf has saved')

const token = (claims: unknown) => `bearer x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`
const Target = 'https://api.example.gov'
const person = { user_id: 'u-1', user_name: 'ann', client_id: 'cf', email: 'ann@example.gov' }

const rows: readonly (readonly [what: string, text: string, expected: unknown])[] = [
  [
    'a user',
    JSON.stringify({ Target, AccessToken: token(person), RefreshToken: 'secret' }),
    { api: Target, user: 'ann', guid: 'u-1', isClient: false, isGlobalReader: false },
  ],
  [
    'a client',
    JSON.stringify({ Target, AccessToken: token({ client_id: 'bot', sub: 'bot' }) }),
    { api: Target, user: 'bot', guid: 'bot', isClient: true, isGlobalReader: false },
  ],
  [
    'a token without its prefix',
    JSON.stringify({ Target, AccessToken: token(person).slice(7) }),
    { api: Target, user: 'ann', guid: 'u-1', isClient: false, isGlobalReader: false },
  ],
  ...['admin', 'admin_read_only', 'global_auditor'].map(
    role =>
      [
        `who reads all, as ${role}`,
        JSON.stringify({
          Target,
          AccessToken: token({ ...person, scope: ['openid', `cloud_controller.${role}`] }),
        }),
        { api: Target, user: 'ann', guid: 'u-1', isClient: false, isGlobalReader: true },
      ] as const,
  ),
  [
    'who reads what their roles show',
    JSON.stringify({
      Target,
      AccessToken: token({ ...person, scope: ['cloud_controller.read', 'cloud_controller.write', 7] }),
    }),
    { api: Target, user: 'ann', guid: 'u-1', isClient: false, isGlobalReader: false },
  ],
  ['nobody', JSON.stringify({ Target, AccessToken: '' }), undefined],
  ['no API', JSON.stringify({ Target: '', AccessToken: token(person) }), undefined],
  ['a token that is no JWT', JSON.stringify({ Target, AccessToken: 'bearer opaque' }), undefined],
  ['claims of another kind', JSON.stringify({ Target, AccessToken: token({ user_name: 7 }) }), undefined],
  ['claims that are null', JSON.stringify({ Target, AccessToken: token(null) }), undefined],
  ['an empty file', '', undefined],
  ['half a file', '{"Target": "https', undefined],
  ['a file that is null', 'null', undefined],
]

for (const [what, text, expected] of rows) {
  login(what, async () => {
    const home = mkdtempSync(join(tmpdir(), 'cf-login-'))
    try {
      mkdirSync(join(home, '.cf'))
      writeFileSync(join(home, '.cf', 'config.json'), text)
      assert.equal(await savedLogin({ CF_HOME: home, HOME: '/elsewhere' }), expected)
    } finally {
      rmSync(home, { recursive: true })
    }
  })
}

login('no file', async () => assert.is(await savedLogin({ CF_HOME: '/nowhere' }), undefined))

const places: readonly (readonly [NodeJS.ProcessEnv, NodeJS.Platform, string])[] = [
  [{ HOME: '/home/ann' }, 'linux', '/home/ann/.cf/config.json'],
  [{ HOME: '/home/ann', CF_HOME: '/cf' }, 'linux', '/cf/.cf/config.json'],
  [{ HOME: '/home/ann', CF_HOME: '' }, 'darwin', '/home/ann/.cf/config.json'],
  [{}, 'linux', '.cf/config.json'],
  [{ HOME: '/x', USERPROFILE: '/users/ann' }, 'win32', '/users/ann/.cf/config.json'],
  [{ HOMEDRIVE: '/h', HOMEPATH: '/ann', USERPROFILE: '/users/ann' }, 'win32', '/h/ann/.cf/config.json'],
]

for (const [env, platform, file] of places) {
  login(`lies in ${file}`, () => assert.is(configFile(env, platform), file))
}

login.run()
