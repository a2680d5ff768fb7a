import { spawnSync } from 'node:child_process'
import { constants, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { runCf } from './foundation/run-cf.ts'
import { run } from './run.ts'
import { environment, type Scene } from './scene.ts'

/** A PATH on which `cf` and `cf-audit` run in this process: a shell that calls them often costs little. */
export interface Relay {
  readonly env: NodeJS.ProcessEnv
  /** The command lines that came, without those of `cf`. */
  readonly lines: readonly (readonly string[])[]
  close(): void
}

// Its arguments, its folder and, where it reads it, its stdin are files; the exit code comes back when there is one.
const script = (name: string, folder: string) => `#!/bin/sh
call=$(mktemp -d '${folder}/call-XXXXXX')
mkfifo "$call/code"
printf '%s\\0' "$@" > "$call/args"
[ ${name} = cf-audit ] && [ "$1" = format ] && cat > "$call/stdin"
printf '%s\\n' "${name}:$PWD:$call" > '${folder}/calls'
read -r code < "$call/code"
cat "$call/stderr" >&2
cat "$call/stdout"
exit "$code"
`

export function openRelay({ cf }: Pick<Scene, 'cf'>): Relay {
  const folder = mkdtempSync(join(tmpdir(), 'cf-relay-'))
  for (const name of ['cf', 'cf-audit'])
    writeFileSync(join(folder, name), script(name, folder), { mode: 0o755 })
  spawnSync('mkfifo', [join(folder, 'calls')])
  const fd = openSync(join(folder, 'calls'), constants.O_RDWR | constants.O_NONBLOCK)
  const calls = new Socket({ fd, readable: true, writable: false })
  const lines: string[][] = []

  async function answer(name: string, cwd: string, call: string): Promise<void> {
    const read = (file: string) => readFileSync(join(call, file), 'utf8')
    const args = read('args').split('\0').slice(0, -1)
    let done: { readonly code: number | null; readonly stdout: string; readonly stderr: string }
    if (name === 'cf') done = await runCf(cf, args)
    else {
      lines.push(args)
      done = await run(cf, args, { cwd, ...(args[0] === 'format' && { stdin: read('stdin') }) })
    }
    writeFileSync(join(call, 'stdout'), done.stdout)
    writeFileSync(join(call, 'stderr'), done.stderr)
    await writeFile(join(call, 'code'), `${done.code}\n`)
  }

  let rest = ''
  calls.setEncoding('utf8').on('data', (text: string) => {
    const [...whole] = (rest + text).split('\n')
    rest = whole.pop() ?? ''
    for (const line of whole) {
      const [name = '', cwd = '', call = ''] = line.split(':')
      answer(name, cwd, call).catch(error => {
        console.error(error)
        return writeFile(join(call, 'code'), '70\n')
      })
    }
  })
  calls.unref()

  const env = environment(cf)
  return {
    env: { ...env, PATH: `${folder}${delimiter}${env.PATH}` },
    lines,
    close() {
      calls.destroy()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
