import { UsageError } from '../errors.ts'

const seeHelp = 'cf-audit --help lists the commands, cf-audit COMMAND --help their options.'

/** What yargs found wrong with the command line, in our words. Its own name neither the option nor a way out. */
export function usageError(message: string, argv: readonly string[]): UsageError {
  const line = message.trim().replace(/\s*\n\s*/g, ' ')

  const unknown = /^Unknown arguments?: (.*)/.exec(line)?.[1]
  if (unknown !== undefined) {
    const first = unknown.split(', ')[0]
    // yargs takes `-demo-org` for its letters.
    const bundle = argv.find(
      word => /^-[^-]./.test(word) && unknown.split(', ').every(letter => word.includes(letter)),
    )
    if (bundle !== undefined) {
      return new UsageError(
        `There is no option ${bundle}.`,
        `${seeHelp} A name that begins with a dash: --org=${bundle}.`,
      )
    }
    const isOption = argv.some(word => word.startsWith('-') && word.replace(/^-+|=[\s\S]*$/g, '') === first)
    if (first !== undefined && first === argv.find(word => !word.startsWith('-'))) {
      return new UsageError(`There is no command ${first}.`, seeHelp)
    }
    return isOption
      ? new UsageError(
          `There is no option ${unknown}.`,
          `${seeHelp} A name that begins with a dash: --org=-NAME.`,
        )
      : new UsageError(`What is ${unknown} for?`, `${seeHelp} A name with spaces needs quotes.`)
  }
  const meant = /^Did you mean (.*)\?$/.exec(line)?.[1]
  if (meant !== undefined)
    return new UsageError(`There is no command ${argv[0]}. Did you mean ${meant}?`, seeHelp)

  const invalid = /Argument: (\S+), Given: "?(.*?)"?, Choices: (.*)$/.exec(line)
  if (invalid !== null) {
    const [, name = '', given, choices = ''] = invalid
    const option = name === 'report' ? 'REPORT' : `--${name}`
    return new UsageError(`${option} cannot be ${given}.`, `It is one of ${choices.replaceAll('"', '')}.`)
  }
  const lacking = /^Not enough arguments following: (\S+)/.exec(line)?.[1]
  if (lacking !== undefined) {
    const long = { f: 'format', o: 'org', O: 'output' }[lacking] ?? lacking
    const option = lacking.length === 1 ? `-${lacking}` : `--${lacking}`
    return new UsageError(
      `${option} needs a value.`,
      `As in ${option} VALUE; a value that begins with a dash: --${long}=-VALUE.`,
    )
  }
  if (/^Not enough non-option arguments/.test(line)) {
    return new UsageError('Something is missing from the command line.', seeHelp)
  }
  return new UsageError(`${line.charAt(0).toUpperCase()}${line.slice(1)}`, seeHelp)
}

// Node keeps no timer for longer than 2^31 ms, and takes a longer one for none.
const longestTimer = 2_147_483

// What yargs itself keeps a list of, and the options that may be repeated.
const repeatable = new Set(['_', '--', 'type'])

/**
 * What yargs lets pass: an option given twice (it makes an array of it, whatever its type, and nobody knows which one
 * was meant) and a number that is none.
 * @throws UsageError
 */
export function refuseNonsense(args: Readonly<Record<string, unknown>>): void {
  // The long name of an option comes before its letter.
  for (const [name, value] of Object.entries(args).sort(([a], [b]) => b.length - a.length)) {
    if (Array.isArray(value) && !repeatable.has(name)) {
      throw new UsageError(`--${name} is given ${value.length} times.`, 'Give it once.')
    }
    if (name === 'concurrency' && !(Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 4)) {
      throw new UsageError(
        '--concurrency takes a number from 1 to 4.',
        'Side by side, more calls gain nothing.',
      )
    }
    if (typeof value === 'number' && !(value >= (name === 'timeout' ? 1 : 0) && value <= longestTimer)) {
      throw new UsageError(`--${name} takes a number of seconds.`, `As in --${name} 300.`)
    }
    if (value === '' && (name === 'cf' || name === 'output' || name === 'columns')) {
      throw new UsageError(`--${name} is empty.`, `Leave it out, or give it a value.`)
    }
  }
}
