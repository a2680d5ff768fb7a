import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readSettings, type Settings } from '../../src/cf/config-file.ts'

interface Place {
  dir: string
}

const settings = suite<Place>('the settings of cf')

settings.before.each(place => {
  place.dir = mkdtempSync(join(tmpdir(), 'cf-audit-test-'))
  mkdirSync(join(place.dir, '.cf'))
})
settings.after.each(({ dir }) => rmSync(dir, { recursive: true, force: true }))

const read = (dir: string, saved: unknown, env: Record<string, string> = {}): Promise<Settings> => {
  writeFileSync(
    join(dir, '.cf', 'config.json'),
    typeof saved === 'string' ? saved : JSON.stringify(saved, null, 2),
  )
  return readSettings({ CF_HOME: dir, ...env }, dir)
}

settings('of the login file nothing is kept but what is asked for', async ({ dir }) => {
  const found = await read(dir, {
    AccessToken: 'bearer token',
    RefreshToken: 'refresh',
    UAAOAuthClientSecret: 'client',
    SSLDisabled: true,
    Target: 'https://api.example.gov',
    Trace: '',
  })
  assert.equal(found, {
    file: join(dir, '.cf', 'config.json'),
    api: 'https://api.example.gov',
    skipsCertificates: true,
    trace: 'off',
    variables: [],
  })
})

for (const saved of ['', '{"a"', 'null', '[]', '7', { Target: 7, Trace: {}, SSLDisabled: 'yes' }]) {
  settings(`a file that is not what it should be: ${JSON.stringify(saved)}`, async ({ dir }) => {
    const found = await read(dir, saved)
    assert.equal([found.api, found.skipsCertificates, found.trace], ['', false, 'off'])
  })
}

settings('no file', async ({ dir }) => {
  const found = await readSettings({ CF_HOME: join(dir, 'none') }, dir)
  assert.equal([found.api, found.trace], ['', 'off'])
})

// Go's strconv.ParseBool; any other word is a file.
const traces: readonly (readonly [saved: string, trace: Settings['trace'] | string])[] = [
  ...['', '0', 'f', 'F', 'false', 'FALSE', 'False'].map(each => [each, 'off'] as const),
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map(each => [each, 'stdout'] as const),
  ['fALSE', 'fALSE'],
  ['2', '2'],
  ['deep/down/trace.log', 'deep/down/trace.log'],
]
for (const [saved, trace] of traces) {
  settings(`trace: ${JSON.stringify(saved)}`, async ({ dir }) => {
    const found = (await read(dir, { Trace: saved })).trace
    assert.equal(
      found,
      trace === 'off' || trace === 'stdout' ? trace : { file: join(dir, saved), isWritable: true },
    )
  })
}

for (const file of ['/dev/null/x', '/dev/null/x/y']) {
  settings(`a trace that cannot be written: ${file}`, async ({ dir }) => {
    assert.equal((await read(dir, { Trace: file })).trace, { file, isWritable: false })
  })
}

const variables: readonly (readonly [env: Record<string, string>, spoil: readonly string[]])[] = [
  [{}, []],
  [{ CF_TRACE: 'true' }, ['CF_TRACE']],
  [{ CF_TRACE: '/tmp/trace.log' }, ['CF_TRACE']],
  [{ CF_TRACE: 'false', CF_COLOR: '', CF_RAISE_ERROR_ON_WARNINGS: '0' }, []],
  [
    { CF_COLOR: 'true', CF_RAISE_ERROR_ON_WARNINGS: '1', FORCE_TTY: '1' },
    ['CF_COLOR', 'CF_RAISE_ERROR_ON_WARNINGS', 'FORCE_TTY'],
  ],
]
for (const [env, spoil] of variables) {
  settings(`variables: ${JSON.stringify(env)}`, async ({ dir }) => {
    assert.equal((await read(dir, {}, env)).variables, spoil)
  })
}

settings.run()
