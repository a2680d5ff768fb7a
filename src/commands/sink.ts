import type { Context } from '../context.ts'
import { fileSink, flowingSink, heldSink, type Sink } from '../output/sink.ts'

/** Where the output goes: the file that --output names, else stdout, at once (`flows`) or when all is proven. */
export async function openSink(
  { output, force }: { readonly output?: string | undefined; readonly force: boolean },
  flows: boolean,
  { stdout }: Context,
): Promise<Sink> {
  if (output !== undefined && output !== '-') return fileSink(output, force)
  return flows ? flowingSink(stdout) : heldSink(stdout)
}
