import { readFileSync } from 'node:fs'

/**
 * What `--version`, `--help` and `COMMAND --help` print, as it was written down when the tool was built: nobody has to
 * wait for a program to tell what it can do.
 * @returns undefined where it has to be made: for any other line, and where the tool runs as it is written.
 */
export function prepared(argv: readonly string[]): string | undefined {
  const name = fileOf(argv)
  if (name === undefined) return undefined
  try {
    return readFileSync(new URL(`help/${name}`, import.meta.url), 'utf8')
  } catch {
    return undefined
  }
}

/** The file that the answer to a command line is prepared in, if it is one of these lines. */
export function fileOf(argv: readonly string[]): string | undefined {
  const [first, second, ...more] = argv.map(word => (word === '-h' ? '--help' : word))
  if (more.length > 0) return undefined
  if (first === '--version' && second === undefined) return 'version.txt'
  if (first === '--help' && second === undefined) return 'cf-audit.txt'
  return second === '--help' && /^[a-z]+(-[a-z]+)?$/.test(first ?? '') ? `${first}.txt` : undefined
}
