// The documentation as tests read it.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** A page of the documentation. */
export interface Page {
  /** From the root of the project on, such as `docs/faq.md`. */
  readonly path: string
  readonly text: string
  /** The blocks of code, and the language of each. */
  readonly blocks: readonly { readonly language: string; readonly code: string }[]
  /** The code within sentences and tables. */
  readonly inline: readonly string[]
  /** The names under which links find its headings. */
  readonly anchors: ReadonlySet<string>
  /** Where its links and pictures lead. */
  readonly links: readonly string[]
}

/** The README and the pages of docs/. */
export function readPages(): Page[] {
  const docs = readdirSync(`${root}docs`).filter(name => name.endsWith('.md'))
  return ['README.md', ...docs.map(name => `docs/${name}`)].map(readPage)
}

export function readPage(path: string): Page {
  const text = readFileSync(`${root}${path}`, 'utf8')
  const prose = text.replace(fence, '')
  return {
    path,
    text,
    blocks: [...text.matchAll(fence)].map(([, language = '', code = '']) => ({ language, code })),
    inline: [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code.replaceAll('\\|', '|')),
    anchors: new Set([...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading))),
    links: [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link),
  }
}

const fence = /^```(\w*)\n([\s\S]*?)^```$/gm

/** As GitHub makes them. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- ]/gu, '')
    .replaceAll(' ', '-')
}

/** A program of a command line, its arguments, and the file that gets what it prints. */
export interface Call {
  readonly words: readonly string[]
  readonly file?: string
}

/**
 * The calls of a shell line, in their order; several in one list are a pipeline. What `$(…)` prints becomes an `x`.
 * @throws Error for a quote that does not end.
 */
export function pipelinesOf(line: string): Call[][] {
  const pipelines: Call[][] = [[]]
  let words: string[] = []
  let file: string | undefined
  let redirects = false
  const endCall = () => {
    if (words.length > 0) pipelines.at(-1)!.push({ words, ...(file === undefined ? {} : { file }) })
    words = []
    file = undefined
  }
  const token = /\s+|(#.*)|(&&|\|\||[|;&()<>])|((?:'[^']*'|"[^"]*"|\\.|[^\s'"\\#|;&()<>]|(?<=\S)#)+)|(['"])/gy
  for (const [, comment, operator, word, quote] of line.replace(/\$\([^)]*\)/g, 'x').matchAll(token)) {
    if (comment !== undefined) break
    if (quote !== undefined) throw new Error(`A quote does not end: ${line}`)
    if (word !== undefined) {
      const bare = word.replace(/'([^']*)'|"([^"]*)"|\\(.)/g, (_, a, b, c) => a ?? b ?? c)
      // What stands before a program sets its environment.
      if (redirects) file = bare
      else if (words.length > 0 || !/^\w+=/.test(word)) words.push(bare)
      redirects = false
    }
    if (operator === undefined) continue
    if (operator === '>') redirects = true
    else {
      endCall()
      if (operator !== '|') pipelines.push([])
    }
  }
  endCall()
  return pipelines.filter(calls => calls.length > 0)
}
