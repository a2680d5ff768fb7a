import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sampleFoundation } from '../foundation/sample.ts'
import { v3Resource } from '../foundation/serialise.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const windows = process.platform === 'win32'
const npm = (cwd: string, args: readonly string[], env = process.env) =>
  execFileSync(windows ? 'npm.cmd' : 'npm', args, {
    cwd,
    encoding: 'utf8',
    env,
    shell: windows,
    stdio: ['ignore', 'pipe', 'pipe'],
  })

/** A machine with nothing but Node.js and npm: no compilers, and nothing downloaded before. */
function bareMachine(folder: string): NodeJS.ProcessEnv {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  symlinkSync(process.execPath, join(bin, 'node'))
  const npm = spawnSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).stdout.trim()
  symlinkSync(realpathSync(npm), join(bin, 'npm'))
  return { PATH: bin, HOME: folder, npm_config_cache: join(folder, 'npm-cache') }
}

interface Packed {
  readonly filename: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}

interface Component {
  readonly group?: string
  readonly name: string
  readonly version: string
  readonly purl?: string
  readonly licenses: readonly { readonly license?: { readonly id: string }; readonly expression?: string }[]
}

const packages = suite<{ folder: string; packed: Packed; bin: string }>('the package')

packages.before(context => {
  context.folder = mkdtempSync(join(tmpdir(), 'cf-audit-package-'))
  // Not from here: what other tests do meanwhile in this folder is none of the package's business.
  const source = join(context.folder, 'source')
  mkdirSync(source)
  for (const part of ['dist', 'README.md', 'LICENSE', 'package.json', 'src', 'scripts'])
    cpSync(join(root, part), join(source, part), { recursive: true })
  const told = npm(source, ['pack', '--json', '--ignore-scripts', '--pack-destination', context.folder])
  context.packed = JSON.parse(told)[0]
  // What else it needed could not be had.
  const prefix = join(context.folder, 'prefix')
  const tarball = join(context.folder, context.packed.filename)
  npm(
    context.folder,
    ['install', '--global', '--offline', '--no-audit', '--no-fund', '--prefix', prefix, tarball],
    windows ? process.env : bareMachine(context.folder),
  )
  context.bin = windows ? join(prefix, 'cf-audit.cmd') : join(prefix, 'bin', 'cf-audit')
})
packages.after(({ folder }) => rmSync(folder, { recursive: true }))

packages('holds what is needed to run, and nothing else', ({ packed, folder }) => {
  const paths = packed.files.map(({ path }) => path).sort()
  const built = readdirSync(join(root, 'dist'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
  assert.equal(paths, ['LICENSE', 'README.md', 'package.json', ...built].sort())
  const installed = join(folder, 'prefix', windows ? '' : 'lib', 'node_modules')
  assert.equal(
    readdirSync(installed).filter(name => !name.startsWith('.')),
    ['cf-audit'],
  )
  assert.not.ok(existsSync(join(installed, 'cf-audit', 'node_modules')))
})

packages('lists every bundled package with version and licence, in CycloneDX', ({ folder }) => {
  const dist = join(folder, 'source', 'dist')
  const sbom = JSON.parse(readFileSync(join(dist, 'sbom.cdx.json'), 'utf8'))
  assert.is(sbom.bomFormat, 'CycloneDX')
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  assert.is(sbom.metadata.component.purl.replace(/\?vcs_url=.*/, ''), `pkg:npm/cf-audit@${version}`)
  const listed = (sbom.components as Component[])
    .filter(({ purl }) => purl !== undefined)
    .map(({ group, name, version, licenses }) => {
      const [{ license, expression } = {}] = licenses
      return `${group === undefined ? '' : `${group}/`}${name} ${version} (${license?.id ?? expression})`
    })
  // The licence texts begin with a line for each package.
  const licences = readFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), 'utf8')
  const bundled = licences.split(/\n-{80}\n\n/).map(text => text.split('\n')[0])
  assert.ok(bundled.length > 30 && bundled.some(line => line?.startsWith('yargs ')), bundled.join('\n'))
  assert.equal(listed.sort(), bundled.sort())
  assert.not.match(JSON.stringify(sbom), root)
})

packages('names where it comes from and how it is published', () => {
  const { author, bugs, homepage, keywords, license, publishConfig, repository } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  )
  // npm publishes with provenance only from the repository that the package names.
  assert.equal(publishConfig, { access: 'public', provenance: true })
  const address = /^git\+(https:.+)\.git$/.exec(repository.url)?.[1]
  assert.ok(address)
  assert.is(bugs, `${address}/issues`)
  assert.is(homepage, `${address}#readme`)
  assert.ok(author && license === 'Apache-2.0' && keywords.includes('cloud-foundry'))
})

packages('is as small as the README says, and not much smaller', ({ packed }) => {
  const text = readFileSync(join(root, 'README.md'), 'utf8')
  const [, ...sizes] = /smaller than ([\d.]+ [kM]B),? and ([\d.]+ [kM]B) unpacked/.exec(text) ?? []
  const [size = 0, unpacked = 0] = sizes.map(text => Number.parseFloat(text) * (/MB/.test(text) ? 1e6 : 1e3))
  for (const [is, said] of [
    [packed.size, size],
    [packed.unpackedSize, unpacked],
  ] as const) {
    assert.ok(is < said, `${is} bytes are not less than ${said}`)
    assert.ok(is > said * 0.6, `${is} bytes are far less than ${said}`)
  }
})

packages('runs from where it is installed, with nothing of ours around it', ({ folder, bin }) => {
  const run = (args: readonly string[], input = '') => {
    const env = { PATH: process.env.PATH, HOME: folder, CF_AUDIT_CACHE: join(folder, 'cache') }
    const { status, stdout, stderr } = spawnSync(bin, args, {
      cwd: folder,
      encoding: 'utf8',
      env,
      input,
      shell: windows,
    })
    assert.is(status, 0, stderr)
    return stdout
  }
  assert.is(run(['--version']), `${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}\n`)
  assert.match(run(['--help']), /^Usage: cf-audit COMMAND/)
  assert.is(run(['types', '-f', 'csv']).trimEnd().split('\n').length, 141)
  assert.match(run(['types', 'audit.service_key.*', '-f', 'table']), 'audit.service_key.create') // What is loaded for patterns.
  const events = sampleFoundation({ events: 300 }).events
  const resources = [...Array(300).keys()].map(index =>
    v3Resource(Array.isArray(events) ? events[index] : assert.unreachable(), 'https://api.example.gov'),
  )
  writeFileSync(join(folder, 'saved.json'), JSON.stringify({ pagination: { total_results: 300 }, resources }))
  assert.match(run(['format', 'routes', 'saved.json']), /^Timestamp,.*\n2/)
  assert.match(run(['completion', 'bash']), /^complete .* cf-audit$/m)
})
packages.run()
