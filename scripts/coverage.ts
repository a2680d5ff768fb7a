// How much of src the tests have run. Node.js writes down for each process what was executed (NODE_V8_COVERAGE): for
// the files of tests, which load src as it stands, and for each run of the built tool, whose bundle is led back to src.
// A process that a signal ends leaves nothing behind, so the figure is a lower bound.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CoverageReport } from 'monocart-coverage-reports'

const root = new URL('..', import.meta.url).pathname
const ours = pathToFileURL(join(root, 'src/')).href

/** Gathers what processes have executed. */
export interface Coverage {
  /** Makes the folder for a process and whatever it starts: the value of NODE_V8_COVERAGE. */
  folder(): Promise<string>
  /** Reads such a folder when the process has ended, and removes it. */
  add(folder: string): Promise<void>
  /** All of it in one line; the details are in the folder coverage. */
  figure(): Promise<string>
}

/** @param sourceMaps of the built files, by their names in dist. */
export async function createCoverage(sourceMaps: ReadonlyMap<string, object>): Promise<Coverage> {
  const raw = await mkdtemp(join(tmpdir(), 'cf-audit-coverage-'))
  const built = new Map(
    [...sourceMaps].map(([name, map]) => [pathToFileURL(join(root, 'dist', name)).href, map] as const),
  )
  const report = new CoverageReport({
    outputDir: join(root, 'coverage'),
    reports: ['v8', 'json-summary'],
    logging: 'error',
    baseDir: root,
    cleanCache: true,
    // What no test has loaded counts as not run.
    all: { dir: [join(root, 'src')] },
    entryFilter(entry) {
      const map = built.get(entry.url)
      // The bundle names no source map, or every process of it would write down a megabyte more.
      if (map !== undefined) Object.assign(entry, { sourceMap: map })
      return map !== undefined || entry.url.startsWith(ours)
    },
    sourceFilter: path => /^(.*\/)?src\//.test(path) && !path.includes('node_modules'),
  })
  return {
    folder: () => mkdtemp(join(raw, 'test-')),
    async add(folder) {
      if ((await readdir(folder)).length > 0) await report.addFromDir(folder)
      await rm(folder, { recursive: true, force: true })
    },
    async figure() {
      const results = await report.generate()
      await rm(raw, { recursive: true, force: true })
      const { lines, branches } = results?.summary ?? {}
      return `coverage of src: ${lines?.pct} % of lines, ${branches?.pct} % of branches`
    },
  }
}
