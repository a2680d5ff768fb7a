import { eventTypes } from '../../reports/event-types.ts'
import type { Command, Value } from './commands.ts'

/** A script for bash 3.2 and later. Everything it completes is written into it: a tab starts no program. */
export function bashScript(commands: readonly Command[]): string {
  const names = commands.map(command => command.name)
  return `# Completes cf-audit in bash. In ~/.bashrc: source <(cf-audit completion bash)
# or, in bash 3.2: eval "$(cf-audit completion bash)"
_cf_audit() {
  local types='${eventTypes.join(' ')}'
  local cur=\${COMP_WORDS[COMP_CWORD]} option= command= words= list= index count=0
  COMPREPLY=()
  # bash takes the = of --option=value for a word.
  if [[ $cur == = ]]; then
    option=\${COMP_WORDS[COMP_CWORD-1]} cur=
  elif [[ \${COMP_WORDS[COMP_CWORD-1]} == = ]]; then
    option=\${COMP_WORDS[COMP_CWORD-2]}
  elif [[ \${COMP_WORDS[COMP_CWORD-1]} == -* ]]; then
    option=\${COMP_WORDS[COMP_CWORD-1]}
  fi
  for ((index = 1; index < COMP_CWORD; index++)); do
    case \${COMP_WORDS[index]} in
      ${takers(commands).join('|')}) [[ \${COMP_WORDS[index+1]} == = ]] && ((index++)); ((index++)) ;;
      -*) ;;
      *) if [[ -n $command ]]; then ((count++)); else
           case \${COMP_WORDS[index]} in ${names.join('|')}) command=\${COMP_WORDS[index]} ;; esac
         fi ;;
    esac
  done
  case "$command $option" in
${commands.flatMap(optionCases).join('\n')}
    *)
      if [[ $cur == -* ]]; then
        case $command in
${commands.map(({ name, options }) => `          ${name}) words='${options.flatMap(option => option.names).join(' ')}' ;;`).join('\n')}
          *) words='--help --version' ;;
        esac
      else
        case "$command $count" in
          ' '*) words='${names.join(' ')}' ;;
${commands.flatMap(argumentCases).join('\n')}
        esac
      fi ;;
  esac
  if [[ $words == FILE ]]; then
    compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "$cur"))
  elif [[ -n $list && $cur == *,* ]]; then
    COMPREPLY=($(compgen -P "\${cur%,*}," -W "$words" -- "\${cur##*,}"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  fi
}
complete -F _cf_audit cf-audit
`
}

/** The options that take the next word for their value. */
function takers(commands: readonly Command[]): string[] {
  const options = commands.flatMap(command => command.options).filter(({ value }) => value !== undefined)
  return [...new Set(options.flatMap(option => option.names))]
}

function optionCases({ name, options }: Command): string[] {
  return options.flatMap(({ names, value }) =>
    value === undefined
      ? []
      : [`    ${names.map(each => `'${name} ${each}'`).join('|')}) ${assigned(value)};;`],
  )
}

function argumentCases({ name, arguments: all }: Command): string[] {
  return all.flatMap(({ value }, index) =>
    value === 'text' ? [] : [`          '${name} ${index}') ${assigned(value)};;`],
  )
}

/** Of words that are made of letters, digits and dashes alone, so that nothing in them is a command. */
function assigned(value: Value): string {
  if (value === 'text') return ''
  if (value === 'file') return 'words=FILE '
  if (value === 'type') return 'words=$types list=1 '
  return `words='${value.words.join(' ')}' ${value.isList ? 'list=1 ' : ''}`
}
