// Bundles src and its libraries into dist. A bundle starts in half the time of the same program in its hundred modules.
// The licences of what goes in go along.
import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build, type Plugin } from 'esbuild'
import { commandsOf } from '../src/commands/completion/commands.ts'
import { addCommands } from '../src/commands/index.ts'
import { fileOf } from '../src/prepared.ts'
import { writeSbom } from './sbom.ts'

const root = new URL('..', import.meta.url)

// string-width (ours for tables, and yargs' for help) reads 20 ms of Unicode data as it is loaded, and needs none of it
// for plain ASCII, where the width is the length. In the bundle it is loaded when it is first needed.
const lazyStringWidth: Plugin = {
  name: 'lazy-string-width',
  setup({ onLoad, onResolve }) {
    const namespace = 'lazy-string-width'
    onResolve({ filter: /^string-width$/ }, ({ importer }) =>
      importer === namespace ? undefined : { path: namespace, namespace },
    )
    onLoad({ filter: /./, namespace }, () => ({
      contents: `let whole
        export default function stringWidth(text, options) {
          if (typeof text === 'string' && /^[\\x20-\\x7e]*$/.test(text)) return text.length
          whole ??= require('string-width').default
          return whole(text, options)
        }`,
      resolveDir: root.pathname,
    }))
  },
}

// At its start yargs asserts twice, and chalk looks at what the terminal can. Node's assertions alone take 2 ms to load, and
// which colours there are is decided in one place of ours.
const stubs: Readonly<Record<string, string>> = {
  assert: `const check = wanted => (actual, expected, message) => {
      if (Object.is(actual, expected) !== wanted) throw new Error(message)
    }
    export const strictEqual = check(true)
    export const notStrictEqual = check(false)`,
  '#supports-color': 'export default { stdout: false, stderr: false }',
}

const lightAtStart: Plugin = {
  name: 'light-at-start',
  setup({ onLoad, onResolve }) {
    const namespace = 'light-at-start'
    onResolve({ filter: /^(assert|#supports-color)$/ }, ({ path, importer }) =>
      /node_modules[/\\](yargs|chalk)[/\\]/.test(importer) ? { path, namespace } : undefined,
    )
    onLoad({ filter: /./, namespace }, ({ path }) => ({ contents: stubs[path] ?? '' }))
  },
}

// ora's collection of ninety spinners is larger than ora. These are the two that it chooses from unasked.
const fewSpinners: Plugin = {
  name: 'few-spinners',
  setup({ onLoad }) {
    onLoad({ filter: /cli-spinners[/\\]spinners\.json$/ }, async ({ path }) => {
      const { dots, line } = JSON.parse(await readFile(path, 'utf8'))
      return { contents: JSON.stringify({ dots, line }), loader: 'json' }
    })
  },
}

// What is seldom needed lies in files of its own: all of the first file is read and looked through at every start.
const apart: Readonly<Record<string, string>> = {
  ora: 'spinner',
  picomatch: 'patterns',
  yaml: 'yaml',
  '@clack/prompts': 'prompts',
}

const keptApart: Plugin = {
  name: 'kept-apart',
  setup({ onLoad, onResolve }) {
    // What `import()` calls the default export of a CommonJS file is all of its exports. So ora has to be that.
    const namespace = 'default-export'
    onResolve({ filter: /^\.\/main\.ts$/ }, () => ({ path: './main.js', external: true }))
    onResolve({ filter: /^[^.]/ }, ({ path, kind, importer }) => {
      if (path === 'ora' && kind === 'entry-point') return { path, namespace }
      return kind === 'entry-point' || !(path in apart) || importer === path
        ? undefined
        : { path: `./${apart[path]}.js`, external: true }
    })
    onLoad({ filter: /./, namespace }, ({ path }) => ({
      contents: `module.exports = require('${path}').default`,
      resolveDir: root.pathname,
    }))
  },
}

/**
 * Builds dist/.
 * @returns the source maps by the names of the built files; they are no part of the package.
 */
export async function buildDist(): Promise<Map<string, object>> {
  const dist = new URL('dist/', root)
  await rm(dist, { recursive: true, force: true })
  const { metafile } = await build({
    absWorkingDir: root.pathname,
    entryPoints: {
      cli: 'src/cli.ts',
      main: 'src/main.ts',
      ...Object.fromEntries(Object.entries(apart).map(([name, file]) => [file, name])),
    },
    outdir: 'dist',
    bundle: true,
    // Node starts a CommonJS file 10 ms sooner than a module: no loader of modules, no copies of its own modules' exports.
    format: 'cjs',
    define: { 'import.meta.url': '__url' },
    banner: { js: "const __url=require('node:url').pathToFileURL(__filename).href;" },
    platform: 'node',
    target: 'node20.19',
    supported: { 'dynamic-import': false }, // Every file is CommonJS: `require` does, without the loader of modules.
    minify: true,
    keepNames: true,
    metafile: true,
    sourcemap: 'external',
    plugins: [lazyStringWidth, lightAtStart, fewSpinners, keptApart],
    logLevel: 'warning',
  })
  await writeFile(new URL('package.json', dist), '{"type":"commonjs"}\n')
  // Not all that esbuild read ends up in the bundle.
  const bundled = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs))
  await writeFile(new URL('THIRD-PARTY-LICENSES.txt', dist), await licences(bundled))
  await writeSbom(metafile, new URL('sbom.cdx.json', dist))
  await prepareAnswers(dist)
  return takeSourceMaps(dist)
}

async function takeSourceMaps(dist: URL): Promise<Map<string, object>> {
  const maps = new Map<string, object>()
  for (const name of await readdir(dist)) {
    if (!name.endsWith('.map')) continue
    maps.set(name.slice(0, -'.map'.length), JSON.parse(await readFile(new URL(name, dist), 'utf8')))
    await rm(new URL(name, dist))
  }
  return maps
}

/** Writes down what the tool says of itself, so that it need not be asked again. */
async function prepareAnswers(dist: URL): Promise<void> {
  const folder = new URL('help/', dist)
  const names = commandsOf(program => addCommands(program, [])).map(({ name }) => name)
  const lines = [['--version'], ['--help'], ...names.map(name => [name, '--help'])]
  const answers = await Promise.all(lines.map(line => say(fileURLToPath(new URL('cli.js', dist)), line)))
  await mkdir(folder)
  for (const [index, line] of lines.entries()) {
    await writeFile(new URL(fileOf(line) ?? '', folder), answers[index] ?? '')
  }
}

async function say(cli: string, argv: readonly string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [cli, ...argv])).stdout
}

async function licences(inputs: readonly string[]): Promise<string> {
  const folders = new Set(inputs.flatMap(input => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []))
  const texts: string[] = []
  for (const folder of [...folders].sort()) {
    const manifest = JSON.parse(await readFile(new URL(`${folder}/package.json`, root), 'utf8'))
    texts.push(`${manifest.name} ${manifest.version} (${manifest.license})\n\n${await licenceOf(folder)}`)
  }
  return texts.join(`\n${'-'.repeat(80)}\n\n`)
}

async function licenceOf(folder: string): Promise<string> {
  for (const name of [
    'license',
    'LICENSE',
    'LICENSE.md',
    'license.md',
    'LICENSE.txt',
    'LICENSE-MIT.txt',
    'LICENCE',
  ]) {
    const text = await readFile(new URL(`${folder}/${name}`, root), 'utf8').catch(() => undefined)
    if (text !== undefined) return `${text.trim()}\n`
  }
  return 'The package holds no licence text.\n'
}

if (process.argv[1] === import.meta.filename) await buildDist()
