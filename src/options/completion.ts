import { helpOptions, messageOptions, type OptionTable, type Program } from './command.ts'

/**
 * The words that complete the command line, one per line.
 * @param words what was typed so far, without `cf-audit`; the last one is being typed.
 */
export async function completions(words: readonly string[], { commands }: Program): Promise<string> {
  // bash splits --option=value into three words.
  const typed = words.filter(word => word !== '=')
  const current = words.at(-1) === '=' ? '' : (typed.pop() ?? '')
  // The first word is the command; another may be the name of one: `format routes`.
  const at = typed.findIndex(word => !word.startsWith('-'))
  const entry = commands.find(({ name }) => name === typed[at])
  if (entry === undefined && !current.startsWith('-'))
    return lines(
      commands.map(({ name }) => name),
      current,
    )
  const command = entry && (await entry.load())
  const options: OptionTable = { ...command?.options, ...messageOptions, ...helpOptions }
  const optionBefore = (flag = '') =>
    Object.entries(options).find(
      ([name, { type, alias }]) =>
        type !== 'boolean' && (flag === `--${name}` || (alias !== undefined && flag === `-${alias}`)),
    )?.[1]
  const option = optionBefore(typed.at(-1))
  if (option !== undefined) {
    const prefix = option.list ? /^.*,|^\+?/.exec(current)![0] : ''
    return lines(
      (option.complete?.() ?? []).map(word => prefix + word),
      current,
    )
  }
  if (current.startsWith('-')) {
    return lines(
      Object.keys(options).map(name => `--${name}`),
      current,
    )
  }
  const after = typed.slice(at + 1)
  const given = after.filter((word, index) => !word.startsWith('-') && !optionBefore(after[index - 1])).length
  const argument = command?.arguments[Math.min(given, command.arguments.length - 1)]
  return lines(argument?.complete?.() ?? [], current)
}

function lines(all: readonly string[], current: string): string {
  return [...new Set(all)]
    .filter(word => word.startsWith(current))
    .map(word => `${word}\n`)
    .join('')
}
