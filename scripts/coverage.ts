// How much of src the tests have run. Node.js writes down for each process what was executed (NODE_V8_COVERAGE): the test
// files load src as it stands. The few runs of the built tool do not count.
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

export async function createCoverage(): Promise<Coverage> {
  const raw = await mkdtemp(join(tmpdir(), 'cf-audit-coverage-'))
  const report = new CoverageReport({
    outputDir: join(root, 'coverage'),
    reports: ['v8', 'json-summary'],
    logging: 'error',
    baseDir: root,
    cleanCache: true,
    // What no test has loaded counts as not run.
    all: { dir: [join(root, 'src')] },
    entryFilter: entry => entry.url.startsWith(ours),
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
