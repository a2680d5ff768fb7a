import { eventTypes } from '../../reports/event-types.ts'
import type { Command, Option, Value } from './commands.ts'

/** A script for zsh 5. Everything it completes is written into it: a tab starts no program. */
export function zshScript(commands: readonly Command[]): string {
  return `#compdef cf-audit
# Completes cf-audit in zsh. In ~/.zshrc, behind compinit: source <(cf-audit completion zsh)
_cf_audit_types() {
  local -a types=(${eventTypes.join(' ')})
  _sequence compadd - $types
}
_cf_audit() {
  local -a commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe -t commands command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _cf_audit "$@"; else compdef _cf_audit cf-audit; fi
`
}

function commandCase({ name, options, arguments: all }: Command): string {
  const specs = [
    ...all.map(({ name, value }, index) => quoted(`${index + 1}:${name}:${action(value)}`)),
    ...options.map(optionSpec),
  ]
  return `    ${name})\n      _arguments -S \\\n        ${specs.join(' \\\n        ')} ;;`
}

function optionSpec({ names, describe, value, repeats }: Option): string {
  const words = describe.replace(/[[\]\\:]/g, '\\$&')
  const taken = value === undefined ? '' : `:value:${action(value)}`
  const [first = ''] = names
  if (repeats || names.length === 1) {
    return names
      .map(name =>
        quoted(`${repeats ? '*' : ''}${name}${value && name.startsWith('--') ? '=' : ''}[${words}]${taken}`),
      )
      .join(' ')
  }
  const others = `(${names.join(' ')})`
  return [first, ...names.slice(1)]
    .map(name => quoted(`${others}${name}${value && name.startsWith('--') ? '=' : ''}[${words}]${taken}`))
    .join(' ')
}

function action(value: Value): string {
  // Words that there are none of: a place that is merely described stands in the way of an option half typed there.
  if (value === 'text') return '()'
  if (value === 'file') return '_files'
  if (value === 'type') return '_cf_audit_types'
  return value.isList ? `_sequence compadd - ${value.words.join(' ')}` : `(${value.words.join(' ')})`
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
