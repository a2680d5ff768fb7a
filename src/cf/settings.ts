import { access, constants, readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { configFile } from './login.ts'

/** What stands in the way of clean answers: the saved settings of `cf`, and the environment. */
export interface Settings {
  /** The file in which `cf` keeps its login and its settings. */
  readonly file: string
  /** The API's address as saved; '' when none is, or when the file cannot be read. */
  readonly api: string
  /** `cf api --skip-ssl-validation`. */
  readonly skipsCertificates: boolean
  /** `cf config --trace`: none, to stdout, or to a file. */
  readonly trace: 'off' | 'stdout' | TraceFile
  /** Variables that would spoil the output; `cf` is run without them. */
  readonly variables: readonly string[]
}

/** A file that every answer is written to. */
export interface TraceFile {
  readonly file: string
  readonly isWritable: boolean
}

/**
 * Reads the settings. The file holds tokens too: it is read as a whole and dropped at once, less what is returned.
 * @param cwd what a relative trace file is relative to.
 */
export async function readSettings(env: NodeJS.ProcessEnv, cwd: string): Promise<Settings> {
  const file = configFile(env)
  const { Target, Trace, SSLDisabled } = await savedIn(file)
  return {
    file,
    api: typeof Target === 'string' ? Target : '',
    skipsCertificates: SSLDisabled === true,
    trace: await traceOf(typeof Trace === 'string' ? Trace : '', cwd),
    variables: ['CF_TRACE', 'CF_COLOR', 'CF_RAISE_ERROR_ON_WARNINGS', 'FORCE_TTY'].filter(
      name => env[name] && !(name.startsWith('CF_') && isFalse(env[name])),
    ),
  }
}

async function savedIn(file: string): Promise<Record<string, unknown>> {
  try {
    const { Target, Trace, SSLDisabled } = JSON.parse(await readFile(file, 'utf8'))
    return { Target, Trace, SSLDisabled }
  } catch {
    return {} // cf itself says what is wrong with it.
  }
}

// Go's strconv.ParseBool; any other word is the name of a file (util/configv3/config.go, Verbose).
const isTrue = (text: string) => /^(1|t|T|TRUE|true|True)$/.test(text)
const isFalse = (text: string) => /^(0|f|F|FALSE|false|False)$/.test(text)

async function traceOf(saved: string, cwd: string): Promise<Settings['trace']> {
  if (saved === '' || isFalse(saved)) return 'off'
  if (isTrue(saved)) return 'stdout'
  const file = resolve(cwd, saved)
  return { file, isWritable: await isWritable(file) }
}

/** Whether a file, or the nearest folder above it that exists, can be written to. */
async function isWritable(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK)
    return true
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return isMissing && dirname(path) !== path && isWritable(dirname(path))
  }
}
