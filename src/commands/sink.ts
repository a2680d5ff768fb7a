import { fstatSync } from 'node:fs'
import type { Context, Output } from '../context.ts'
import { fileSink, flowingSink, heldSink, type Sink } from '../output/sink.ts'
import { plainLines, plainPainted } from '../plain.ts'
import { refuseIdleForce } from './refusals.ts'

/**
 * Where the output goes: the file that --output names, else stdout, at once (`flows`) or when all is proven. Progress
 * ends before stdout shows anything.
 * @param painted whether colours of ours are in the output, and whatever is not ours has been made plain.
 */
export async function openSink(
  { output, force }: { readonly output?: string | undefined; readonly force: boolean },
  flows: boolean,
  { stdout, signal, progress }: Context,
  painted = false,
): Promise<Sink> {
  refuseIdleForce(output, force)
  const commit = (sink: Sink) => () => {
    progress.stop()
    return sink.commit()
  }
  if (output !== undefined && output !== '-') {
    const sink = await fileSink(output, force)
    return { ...sink, commit: commit(sink) }
  }
  const sink = flows ? flowingSink(stdout, signal) : heldSink(stdout, signal)
  const safe = painted ? plainPainted : plainLines
  const shows = flows && !isFile(stdout)
  return {
    ...sink,
    write(chunk) {
      if (shows && chunk.length > 0) progress.stop()
      // A pipe or a file gets the exact bytes. A terminal would obey the escapes that a name can hold.
      return sink.write(stdout.isTTY ? safe(chunk.toString('utf8')) : chunk)
    },
    commit: commit(sink),
  }
}

/** Rows that go into a file disturb nobody; at the end of a pipe there may be a pager, on the same terminal. */
function isFile({ fd }: Output): boolean {
  try {
    return fd !== undefined && fstatSync(fd).isFile()
  } catch {
    return false
  }
}
