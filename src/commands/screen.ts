import type { Context } from '../context.ts'
import type { TableOptions } from '../output/table.ts'
import { type Tone, toneOf } from '../reports/tone.ts'
import { createPaint, type Paint, type Say } from '../ui/say.ts'

/** What a table has to fit, and the colours it may have. */
export type Screen = Pick<TableOptions, 'width' | 'paint'>

/**
 * What is known of the place where a table will be shown. A pipe and a file are as wide as they need to be, and a file
 * is never coloured.
 * @param truncate false: nothing is cut on a terminal either.
 */
export function screenOf(
  {
    output,
    truncate = true,
  }: { readonly output?: string | undefined; readonly truncate?: boolean | undefined },
  { stdout, env, color }: Pick<Context, 'stdout' | 'env' | 'color'>,
): Screen {
  if (output !== undefined && output !== '-') return {}
  // Some terminals claim to be without columns.
  const width = stdout.isTTY === true && truncate ? stdout.columns || undefined : undefined
  return { width, paint: painter(createPaint(stdout, env, color)) }
}

/** Colours the types of events by what they did. */
function painter(paint: Paint): Screen['paint'] {
  // Magenta, because yellow cannot be read on white, nor blue on black.
  const colors: Record<Tone, (text: string) => string> = {
    added: paint.green,
    removed: paint.red,
    changed: paint.magenta,
  }
  return (key, cell, shown) => {
    const tone = key === 'type' ? toneOf(cell) : undefined
    return tone === undefined ? shown : colors[tone](shown)
  }
}

/** Says what a table does not show, and how to see it. */
export function tellHidden(table: { cut(): number; dropped(): readonly string[] }, say: Say): void {
  const dropped = table.dropped()
  if (dropped.length > 0) {
    say.warn(
      `no room on this terminal for ${dropped.join(', ')}. --no-truncate shows all columns, --columns chooses some.`,
    )
  } else if (table.cut() > 0) say.note('Cells with … are cut to fit; --no-truncate shows them whole.')
}
