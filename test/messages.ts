import type { Messages } from '../src/ui/messages.ts'

/** Messages that are kept: a line each, with the name of its kind in front, but for plain information. */
export function listen(): { readonly messages: Messages; readonly said: string[] } {
  const said: string[] = []
  const keep = (kind: string) => (text: string) => void said.push(`${kind}${text}`)
  return {
    said,
    messages: {
      info: keep(''),
      success: keep('success: '),
      caveat: keep('caveat: '),
      warn: keep('warning: '),
      debug: keep('debug: '),
      error: (message, advice) => void said.push(`error: ${message} ${advice}`),
    },
  }
}
