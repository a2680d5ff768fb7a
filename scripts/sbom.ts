// The software bill of materials: the packages in the bundle, with versions and licences, in CycloneDX.
import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Metafile } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const generator = join(root, 'node_modules/@cyclonedx/cyclonedx-esbuild/bin/cyclonedx-esbuild-cli.js')

/**
 * Writes the bill of materials of a build. The same build gives the same bytes.
 * @param metafile what esbuild bundled, with paths relative to the root of this repository.
 */
export async function writeSbom(metafile: Metafile, file: string | URL): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cf-audit-sbom-'))
  try {
    const input = join(folder, 'metafile.json')
    const output = join(folder, 'sbom.json')
    await writeFile(input, JSON.stringify(metafile))
    const options = ['--build-working-dir', root, '--output-reproducible', '--output-file', output]
    await promisify(execFile)(process.execPath, [generator, ...options, input])
    await copyFile(output, file)
  } finally {
    await rm(folder, { recursive: true })
  }
}
