// Bundles src and its libraries into dist. What a command does not need is in files of their own, which it does not load.
// The licenses of what goes in go along.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { build, type Metafile } from 'esbuild'
import { writeSbom } from './sbom.ts'

const root = new URL('..', import.meta.url)

/** Builds dist/. */
export async function buildDist(): Promise<void> {
  const dist = new URL('dist/', root)
  await rm(dist, { recursive: true, force: true })
  const { metafile } = await build({
    absWorkingDir: root.pathname,
    entryPoints: ['src/cli.ts'],
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    // Some libraries are CommonJS and call require().
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    platform: 'node',
    target: 'node20.19',
    minify: true,
    keepNames: true,
    metafile: true,
    logLevel: 'warning',
  })
  await writeFile(new URL('THIRD-PARTY-LICENSES.txt', dist), await licenses(metafile))
  await writeSbom(metafile, new URL('sbom.cdx.json', dist))
}

async function licenses({ outputs }: Metafile): Promise<string> {
  // Not everything that esbuild reads goes into a bundle.
  const bundled = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs))
  const folders = new Set(bundled.flatMap(input => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []))
  const texts = await Promise.all(
    [...folders].sort().map(async folder => {
      const manifest = JSON.parse(await readFile(new URL(`${folder}/package.json`, root), 'utf8'))
      return `${manifest.name} ${manifest.version} (${manifest.license})\n\n${await licenseOf(folder)}`
    }),
  )
  return texts.join(`\n${'-'.repeat(80)}\n\n`)
}

async function licenseOf(folder: string): Promise<string> {
  const files = await readdir(new URL(folder, root))
  const name = files.find(file => /^licen[cs]e(-mit)?(\.(md|txt))?$/i.test(file))
  if (name === undefined) return 'The package holds no license text.\n'
  return `${(await readFile(new URL(`${folder}/${name}`, root), 'utf8')).trim()}\n`
}

if (process.argv[1] === import.meta.filename) await buildDist()
