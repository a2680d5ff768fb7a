// The bytes that structure JSON.

export const quote = 0x22
export const backslash = 0x5c
export const comma = 0x2c
export const colon = 0x3a
export const openArray = 0x5b
export const closeArray = 0x5d
export const openObject = 0x7b
export const closeObject = 0x7d

const newline = 0x0a
/** RFC 7464: `jq --seq` puts one before each document. */
const recordSeparator = 0x1e
const byteOrderMark = Buffer.from('\ufeff')
const resources = Buffer.from('resources')
const emptyArray = Buffer.from('[]')

/** White space between the tokens of JSON. */
export const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

/** Whether a value that begins so has an end of its own; all others end where something else begins. */
export const opens = (byte: number) => byte === openObject || byte === openArray || byte === quote

// An answer of Cloud Controller is an envelope around a long array named `resources`. We keep the bytes of each
// element as they came (numbers beyond 2^53, key order, escapes), so the text is cut, not parsed and printed again.

/** An element of `resources`. */
export interface JsonRecord {
  readonly record: Buffer
  readonly at: number
  readonly value?: unknown
}

/**
 * What the text is cut into. `at` is the byte of the text at which a part begins, `line` its line, and `value` what
 * JSON.parse makes of it, if that had to be found out anyway.
 */
export type Part =
  | JsonRecord
  /** An object with its `resources`, which are left empty. Of mode 'first' any document without records, too. */
  | { readonly envelope: string; readonly line: number }
  /** Mode 'documents' only: an object without a list of `resources`, an element of an array, or an empty array. */
  | { readonly document: Buffer; readonly at: number; readonly value?: unknown }
  /** Mode 'documents' only: a line between documents, or the rest of one. */
  | { readonly noise: string; readonly at: number }

/** Cuts JSON text that may arrive in any number of chunks. */
export interface JsonSplitter {
  /** The parts that this chunk completes. Throws a SyntaxError where the text cannot be JSON. */
  push(chunk: Buffer): Part[]
  /** After the last chunk. Throws a SyntaxError when a value is still open. */
  end(): Part[]
  /**
   * The line, counted from 1, of one of the parts that were given last; without `at`, of the value that an error is about.
   */
  line(at?: number): number
}

/** V8 makes no longer string, and each part becomes one. */
const maxLength = 0x1fff_ffe8
/** No line of noise that means anything is as long. */
const longLine = 64 * 1024

/**
 * Cuts documents of the shape `{…, "resources": […], …}` into records and envelope. Only structure is looked at: the
 * reader of the parts finds what is wrong inside them.
 * @param mode 'first': one document; what follows is ignored (v6 and v7 of `cf` print warnings there). 'documents': any
 * number of objects, behind one another or as elements of arrays of any depth. Outside of them, a line that begins with
 * neither `{` nor `[` is noise.
 */
export function createJsonSplitter(mode: 'first' | 'documents'): JsonSplitter {
  const many = mode === 'documents'
  let text: Buffer = Buffer.alloc(0)
  let store: Buffer = text // what `text` is the end of, when it was made to grow
  let at = 0 // next byte to look at
  let start = -1 // first byte of the value that is being read; -1: between values
  let depth = 0 // of brackets within that value
  let inString = false
  let escaped = false
  let inPrimitive = false
  let keyStart = 0
  let isNamed = false // the last string of depth 1 is `resources`
  let isKey = false // that string was a key, and its value is being read
  let isPage = false // the object has a list of resources
  let inRecords = false
  let arrays = 0 // open arrays whose elements are documents
  let expected: 'first' | 'value' | 'comma' = 'first' // next in the list that is being read
  let envelope = ''
  let envelopeLine = 1
  let done = false
  let lastEnd = -1 // of the object before this one
  let border: Buffer | undefined // how one object ends and the next begins
  let misses = 0 // of guesses in a row
  let borders = 0
  let dropped = 0 // bytes before `text`
  let droppedLines = 0
  let wrongAt = 0

  const line = (byte: number) => 1 + droppedLines + countLines(text, byte - dropped)

  function wrong(what: string, byte = at): never {
    wrongAt = byte
    throw new SyntaxError(`${what} at byte ${dropped + byte} of the text`)
  }

  function finishDocument(parts: Part[]): void {
    if (isPage || !many) {
      parts.push({ envelope: envelope + text.toString('utf8', start, at), line: envelopeLine })
    } else parts.push({ document: text.subarray(start, at), at: dropped + start })
    envelope = ''
    isPage = false
    isKey = false
    lastEnd = at
    start = -1
    expected = 'comma'
    done = !many
  }

  function finishRecord(parts: Part[]): void {
    parts.push({ record: text.subarray(start, at), at: dropped + start })
    lastEnd = at
    start = -1
    expected = 'comma'
  }

  /**
   * Takes the object that begins here at once, if its end can be guessed: the objects of a list or a stream mostly begin
   * alike. The guess is right if JSON.parse can read the object, because no object is the beginning of another.
   */
  function guessObject(parts: Part[]): void {
    if (border === undefined) {
      if (lastEnd > 0 && start - lastEnd < 64 && start + 8 <= text.length && borders++ < 8) {
        border = Buffer.from(text.subarray(lastEnd - 1, start + 8))
      }
      return
    }
    const found = text.indexOf(border, start + 1)
    const value = found === -1 ? undefined : readObject(text.toString('utf8', start, found + 1))
    if (value === undefined || (!inRecords && Object.hasOwn(value, 'resources'))) {
      if (++misses > 3) border = undefined
      return
    }
    misses = 0
    at = found + 1
    const part = text.subarray(start, at)
    if (inRecords) parts.push({ record: part, at: dropped + start, value })
    else parts.push({ document: part, at: dropped + start, value })
    lastEnd = at
    start = -1
    expected = 'comma'
  }

  const finishValue = (parts: Part[]) => (inRecords ? finishRecord(parts) : finishDocument(parts))

  /** Goes on inside a value, where nearly all bytes are, on local variables, until no more than so many brackets are open. */
  function skip(level: number): void {
    const bytes = text
    const end = bytes.length
    let next = at
    let open = depth
    while (next < end && open > level) {
      if (inString) {
        at = next
        skipString()
        next = at
        continue
      }
      const byte = bytes[next++]!
      if (byte === quote) inString = true
      else if (byte < openArray) continue
      else if (byte === openObject || byte === openArray) open++
      else if (byte === closeObject || byte === closeArray) open--
    }
    at = next
    depth = open
  }

  /** Goes to the end of a string; false when it is in a later chunk. */
  function skipString(): boolean {
    const bytes = text
    const end = bytes.length
    let next = at
    let skipped = escaped
    for (; next < end; next++) {
      const byte = bytes[next]
      if (skipped) skipped = false
      else if (byte === quote) break
      else if (byte === backslash) skipped = true
    }
    inString = next === end
    at = inString ? next : next + 1
    escaped = skipped
    return !inString
  }

  /** Between the elements of a list: white space, one comma, or the end of the list. */
  function betweenElements(byte: number, parts: Part[]): void {
    if (isSpace(byte)) at++
    else if (byte === comma) {
      if (expected !== 'comma') wrong('A value is missing')
      expected = 'value'
      at++
    } else if (byte === closeArray) {
      if (expected === 'value') wrong('A value is missing')
      if (!inRecords && expected === 'first') parts.push({ document: emptyArray, at: dropped + at })
      expected = 'comma'
      if (inRecords) {
        inRecords = false
        start = at
        depth = 1
      } else arrays--
      at++
    } else if (expected === 'comma') wrong('A comma is missing')
    else if (byte === openArray && !inRecords) openDocuments()
    else beginValue(byte, parts)
  }

  function openDocuments(): void {
    arrays++
    expected = 'first'
    at++
  }

  function beginValue(byte: number, parts: Part[]): void {
    start = at
    inPrimitive = !opens(byte)
    if (byte === openObject && (many || inRecords)) guessObject(parts)
  }

  /** Outside of all documents; false when more has to come before it is plain what this is. */
  function betweenDocuments(byte: number, parts: Part[], isEnd: boolean): boolean {
    if (isSpace(byte) || (many && byte === recordSeparator)) at++
    else if (!many || byte === openObject) beginValue(byte, parts)
    else if (byte === openArray) openDocuments()
    else if (byteOrderMark.equals(text.subarray(at, at + 3))) at += 3
    else {
      const end = text.indexOf(newline, at)
      if (end === -1 && !isEnd && text.length - at < longLine) return false
      const next = end === -1 ? text.length : end + 1
      parts.push({ noise: text.toString('utf8', at, end === -1 ? next : end), at: dropped + at })
      at = next
    }
    return true
  }

  function insideDocument(byte: number, parts: Part[]): void {
    at++
    if (byte === quote) {
      inString = true
      keyStart = at
    } else if (byte === openObject || byte === openArray) {
      depth++
      if (depth !== 2 || byte !== openArray || !isKey) return
      if (many && !isPage) envelopeLine = line(dropped + start)
      isPage = true
      envelope += text.toString('utf8', start, at)
      inRecords = true
      expected = 'first'
      start = -1
      depth = 0
    } else if (byte === closeObject || byte === closeArray) {
      depth = Math.max(0, depth - 1)
      if (depth === 0) finishDocument(parts)
    } else if (byte === colon) isKey = isNamed
    else if (byte === comma) isKey = false
  }

  function scan(parts: Part[], isEnd: boolean): void {
    while (at < text.length && !done) {
      const byte = text[at]!
      if (start < 0) {
        if (inRecords || arrays > 0) betweenElements(byte, parts)
        else if (!betweenDocuments(byte, parts, isEnd)) return
      } else if (inPrimitive) {
        if (!isSpace(byte) && byte !== comma && byte !== closeArray) at++
        else {
          inPrimitive = false
          if (!inRecords && arrays === 0 && !isSpace(byte)) wrong('Something that is not JSON stands')
          finishValue(parts)
        }
      } else if (depth > (inRecords ? 0 : 1)) {
        skip(inRecords ? 0 : 1)
        if (depth === 0) finishRecord(parts)
      } else if (inString) {
        if (!skipString()) return
        if (depth === 0) finishValue(parts)
        else
          isNamed =
            at - 1 - keyStart === resources.length && resources.equals(text.subarray(keyStart, at - 1))
      } else if (inRecords) {
        // The first byte of a record.
        at++
        if (byte === quote) inString = true
        else depth++
      } else insideDocument(byte, parts)
    }
  }

  /** Forgets what was given out and takes the chunk, so that a file of any size needs the memory of one value. */
  function take(chunk: Buffer): void {
    const kept = start >= 0 ? start : at
    if (many) droppedLines += countLines(text, kept)
    dropped += kept
    at -= kept
    keyStart -= kept
    lastEnd -= kept
    if (start >= 0) start = 0
    const rest = text.subarray(kept)
    const length = rest.length + chunk.length
    if (length > maxLength) wrong('A value of more than 512 MB begins', start)
    if (rest.length === 0) text = chunk
    else if (rest.length < chunk.length) text = Buffer.concat([rest, chunk])
    else {
      // A value of many chunks is copied a few times only.
      const end = rest.byteOffset + rest.length - store.byteOffset
      const isOurs = rest.buffer === store.buffer && end >= 0 && end + chunk.length <= store.length
      if (!isOurs) {
        store = Buffer.allocUnsafeSlow(2 * length)
        rest.copy(store)
      }
      const from = isOurs ? end : rest.length
      chunk.copy(store, from)
      text = store.subarray(from - rest.length, from + chunk.length)
    }
  }

  return {
    push(chunk) {
      if (done) return []
      take(chunk)
      const parts: Part[] = []
      scan(parts, false)
      return parts
    },
    end() {
      const parts: Part[] = []
      if (done) return parts
      scan(parts, true)
      if (inPrimitive && !inRecords && arrays === 0) finishDocument(parts)
      else if (start >= 0) wrong('The text ends in the middle of a value that begins', start)
      else if (inRecords || arrays > 0) wrong('The text ends in the middle of a list')
      return parts
    },
    line: (byte = dropped + wrongAt) => line(byte),
  }
}

/** What JSON.parse makes of a text, if that is not to be doubted. */
function readObject(json: string): object | undefined {
  try {
    // Bytes of no character become this one: the reader of the part has to check for them.
    return json.includes('\ufffd') ? undefined : (JSON.parse(json) as object)
  } catch {
    return undefined
  }
}

/** How many lines end before a byte. */
function countLines(bytes: Buffer, end: number): number {
  let count = 0
  // Compact JSON has few line ends, which are found fastest so; indented JSON has many.
  for (
    let next = bytes.indexOf(newline);
    next !== -1 && next < end;
    next = bytes.indexOf(newline, next + 1)
  ) {
    if (++count === 64 && next < 64 * 1024) {
      for (let byte = next + 1; byte < end; byte++) if (bytes[byte] === newline) count++
      return count
    }
  }
  return count
}
