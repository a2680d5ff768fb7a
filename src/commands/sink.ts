import type { Context } from '../context.ts'
import { fileSink, flowingSink, heldSink, type Sink } from '../output/sink.ts'
import { plainLines } from '../plain.ts'

/** Where the output goes: the file that --output names, else stdout, at once (`flows`) or when all is proven. */
export async function openSink(
  { output, force }: { readonly output?: string | undefined; readonly force: boolean },
  flows: boolean,
  { stdout, signal }: Context,
): Promise<Sink> {
  if (output !== undefined && output !== '-') return fileSink(output, force)
  const sink = flows ? flowingSink(stdout, signal) : await heldSink(stdout, signal)
  if (!stdout.isTTY) return sink
  // A pipe or a file gets the exact bytes. A terminal would obey the escapes that a name can hold.
  return { ...sink, write: chunk => sink.write(plainLines(chunk.toString('utf8'))) }
}
