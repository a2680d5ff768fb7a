import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { configFile, loginFileStamp, savedLogin } from '../../src/cf/config-file.ts'

const login = suite('the login that cf has saved')

const token = (claims: unknown) => `bearer x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`
const Target = 'https://api.example.gov'
const ann = {
  api: Target,
  user: 'ann',
  guid: 'u-1',
  isClient: false,
  isGlobalReader: false,
  tokenExpiry: undefined,
  org: undefined,
}
const person = { user_id: 'u-1', user_name: 'ann', client_id: 'cf', email: 'ann@example.gov' }

const rows: readonly (readonly [what: string, text: string, expected: unknown])[] = [
  ['a user', JSON.stringify({ Target, AccessToken: token(person), RefreshToken: 'secret' }), ann],
  [
    'a client',
    JSON.stringify({ Target, AccessToken: token({ client_id: 'bot', sub: 'bot' }) }),
    { ...ann, user: 'bot', guid: 'bot', isClient: true },
  ],
  ['a token without its prefix', JSON.stringify({ Target, AccessToken: token(person).slice(7) }), ann],
  ...['admin', 'admin_read_only', 'global_auditor'].map(
    role =>
      [
        `who reads all, as ${role}`,
        JSON.stringify({
          Target,
          AccessToken: token({ ...person, scope: ['openid', `cloud_controller.${role}`] }),
        }),
        { ...ann, isGlobalReader: true },
      ] as const,
  ),
  [
    'who reads what their roles show',
    JSON.stringify({
      Target,
      AccessToken: token({ ...person, scope: ['cloud_controller.read', 'cloud_controller.write', 7] }),
    }),
    ann,
  ],
  [
    'scopes that are no text',
    JSON.stringify({ Target, AccessToken: token({ ...person, scope: [{ toString: 1 }, null] }) }),
    ann,
  ],
  [
    'when the token expires',
    JSON.stringify({ Target, AccessToken: token({ ...person, exp: 1795435200 }) }),
    { ...ann, tokenExpiry: 1795435200 },
  ],
  ['an expiry that is none', JSON.stringify({ Target, AccessToken: token({ ...person, exp: '1' }) }), ann],
  [
    'the targeted org',
    JSON.stringify({
      Target,
      AccessToken: token(person),
      OrganizationFields: { GUID: 'o-1', Name: 'demo', QuotaDefinition: {} },
    }),
    { ...ann, org: { name: 'demo', guid: 'o-1' } },
  ],
  ...[{ GUID: '', Name: '' }, { GUID: 'o-1' }, { GUID: 7, Name: 'demo' }, null, 'demo', [], undefined].map(
    OrganizationFields =>
      [
        `no org: ${JSON.stringify(OrganizationFields)}`,
        JSON.stringify({ Target, AccessToken: token(person), OrganizationFields }),
        ann,
      ] as const,
  ),
  ['nobody', JSON.stringify({ Target, AccessToken: '' }), undefined],
  ['no API', JSON.stringify({ Target: '', AccessToken: token(person) }), undefined],
  ['a token that is no JWT', JSON.stringify({ Target, AccessToken: 'bearer opaque' }), undefined],
  ['claims of another kind', JSON.stringify({ Target, AccessToken: token({ user_name: 7 }) }), undefined],
  ['claims that are null', JSON.stringify({ Target, AccessToken: token(null) }), undefined],
  ['an empty file', '', undefined],
  ['half a file', '{"Target": "https', undefined],
  ['a file that is null', 'null', undefined],
  ['a file that is a list', '[]', undefined],
  ['very deep JSON', `${'['.repeat(200_000)}${']'.repeat(200_000)}`, undefined],
  [
    'a file that is too large',
    JSON.stringify({ Target, AccessToken: token(person), x: 'x'.repeat(5e6) }),
    undefined,
  ],
]

/** A home directory with this login file. */
async function inHome(text: string, test: (env: NodeJS.ProcessEnv, file: string) => Promise<void>) {
  const home = mkdtempSync(join(tmpdir(), 'cf-login-'))
  try {
    mkdirSync(join(home, '.cf'))
    const file = join(home, '.cf', 'config.json')
    writeFileSync(file, text)
    await test({ CF_HOME: home, HOME: '/elsewhere' }, file)
  } finally {
    rmSync(home, { recursive: true })
  }
}

for (const [what, text, expected] of rows) {
  login(what, () =>
    inHome(text, async env => {
      assert.equal(await savedLogin(env), expected)
    }),
  )
}

login('no file', async () => assert.is(await savedLogin({ CF_HOME: '/nowhere' }), undefined))

login('nothing of the file is kept but what is named', async () => {
  await inHome(
    JSON.stringify({
      Target,
      AccessToken: token(person),
      RefreshToken: 'refresh',
      UAAOAuthClientSecret: 'client',
    }),
    async env => {
      const kept = JSON.stringify(await savedLogin(env))
      for (const secret of ['refresh', 'client', token(person).slice(7)]) assert.not.ok(kept.includes(secret))
    },
  )
})

login('a FIFO in its place is not waited for', async () => {
  await inHome('', async (env, file) => {
    rmSync(file)
    assert.is(spawnSync('mkfifo', [file]).status, 0)
    assert.is(await savedLogin(env), undefined)
  })
})

login('behind a link', async () => {
  await inHome(JSON.stringify({ Target, AccessToken: token(person) }), async (env, file) => {
    renameSync(file, `${file}.real`)
    symlinkSync(`${file}.real`, file)
    assert.equal(await savedLogin(env), ann)
  })
})

login('its stamp changes when it is written, and only then', async () => {
  await inHome('{}', async (env, file) => {
    const before = await loginFileStamp(env)
    assert.is(await loginFileStamp(env), before)
    writeFileSync(`${file}.new`, '{}')
    renameSync(`${file}.new`, file)
    assert.is.not(await loginFileStamp(env), before)
    rmSync(file)
    assert.is(await loginFileStamp(env), 'none')
  })
})

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
