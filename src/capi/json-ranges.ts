import {
  backslash,
  closeArray,
  closeObject,
  comma,
  isSpace,
  openArray,
  openObject,
  quote,
} from './json-splitter.ts'

// Looking into the bytes of one JSON value, without printing it again.

/** A byte range of JSON text: `[start, end)`. */
export type ByteRange = readonly [start: number, end: number]

/**
 * Where the value at a path of keys stands in the text of a JSON object; every place, if a key is repeated.
 * The text must be valid JSON.
 */
export function rangesAt(
  text: Buffer,
  path: readonly string[],
  within: ByteRange = [0, text.length],
): ByteRange[] {
  const [key, ...rest] = path
  if (key === undefined) return [within]
  const spans: ByteRange[] = []
  for (const [name, span] of members(text, within)) {
    if (name === key) spans.push(...rangesAt(text, rest, span))
  }
  return spans
}

function* members(text: Buffer, [from, to]: ByteRange): Generator<[string, ByteRange]> {
  let at = skipSpace(text, from)
  if (text[at] !== openObject) return
  at++
  while (at < to) {
    at = skipSpace(text, at)
    if (text[at] !== quote) return
    const keyEnd = skipValue(text, at)
    const name = JSON.parse(text.toString('utf8', at, keyEnd)) as string
    const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1)
    const valueEnd = skipValue(text, valueStart)
    yield [name, [valueStart, valueEnd]]
    at = skipSpace(text, valueEnd) + 1
  }
}

/**
 * Visits each value in JSON text, in order, at any depth.
 * @param visit gets the keys on the way to the value (valid during the call; items of a list add none), where it starts,
 * and its range on demand. Returns true to skip what is inside the value.
 */
export function visitValues(
  text: Buffer,
  [from, to]: ByteRange,
  visit: (keys: readonly string[], start: number, range: () => ByteRange) => boolean,
): void {
  const keys: string[] = []
  // The bytes that close the objects and lists around `at`.
  const open: number[] = []
  for (let at = from; ; ) {
    at = skipSpace(text, at)
    if (at >= to) return
    if (text[at] === comma) at++
    else if (open.length > 0 && text[at] === open.at(-1)) {
      open.pop()
      at++
      if (open.at(-1) === closeObject) keys.pop()
    } else {
      if (open.at(-1) === closeObject) {
        const keyEnd = skipValue(text, at)
        keys.push(JSON.parse(text.toString('utf8', at, keyEnd)))
        at = skipSpace(text, skipSpace(text, keyEnd) + 1)
      }
      const start = at
      const isDone = visit(keys, start, () => [start, skipValue(text, start)])
      const isContainer = text[at] === openObject || text[at] === openArray
      if (isContainer && !isDone) open.push(text[at++] === openObject ? closeObject : closeArray)
      else {
        at = skipValue(text, at)
        if (open.at(-1) === closeObject) keys.pop()
      }
    }
  }
}

function skipSpace(text: Buffer, at: number): number {
  while (at < text.length && isSpace(text[at]!)) at++
  return at
}

function skipValue(text: Buffer, at: number): number {
  let depth = 0
  for (; at < text.length; at++) {
    const byte = text[at]!
    if (byte === quote) {
      for (at++; text[at] !== quote; at++) if (text[at] === backslash) at++
      if (depth === 0) return at + 1
    } else if (byte === openObject || byte === openArray) depth++
    else if (byte === closeObject || byte === closeArray) {
      if (depth === 0) return at
      if (--depth === 0) return at + 1
    } else if (depth === 0 && (byte === comma || isSpace(byte))) return at
  }
  return at
}

/** The same JSON on one line: `cf` v6 and v7 indent what they print, and a line of ndjson must not break. */
export function onOneLine(record: Buffer): Buffer {
  // Inside a JSON string a line break is always escaped, so a raw one proves that there is white space to drop.
  return record.includes(0x0a) || record.includes(0x0d) ? compact(record) : record
}

/** The same JSON without white space between its tokens. */
export function compact(record: Buffer): Buffer {
  const line = Buffer.alloc(record.length)
  let length = 0
  let inString = false
  for (let at = 0; at < record.length; at++) {
    const byte = record[at]!
    if (inString && byte === backslash) line[length++] = record[at++]!
    else if (byte === quote) inString = !inString
    else if (!inString && isSpace(byte)) continue
    line[length++] = record[at]!
  }
  return line.subarray(0, length)
}
