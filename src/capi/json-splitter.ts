// The bytes that JSON is built of, whatever stands between them.

export const quote = 0x22
export const backslash = 0x5c
export const comma = 0x2c
export const colon = 0x3a
export const openArray = 0x5b
export const closeArray = 0x5d
export const openObject = 0x7b
export const closeObject = 0x7d

/** White space between the tokens of JSON. */
export const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

/** Whether a value that begins so has an end of its own; all others end where something else begins. */
export const opens = (byte: number) => byte === openObject || byte === openArray || byte === quote

// An answer of Cloud Controller is an envelope around a long array named `resources`. We keep the bytes of each
// element as they came (numbers beyond 2^53, key order, escapes), so the text is cut, not parsed and printed again.

/** One element of `resources`; the text around them, `resources` left empty; or a line between documents. */
export type Part = { record: Buffer } | { envelope: string } | { noise: string }

/** A cutter of JSON text that may arrive in any number of chunks and hold any number of documents. */
export interface JsonSplitter {
  /** The pieces that this chunk completes. Throws a SyntaxError where the text cannot be JSON. */
  push(chunk: Buffer): Part[]
  /** After the last chunk. Throws a SyntaxError when a document is still open. */
  end(): Part[]
}

/**
 * Cuts documents of the shape `{…, "resources": […], …}` into records and envelope. Only structure is looked at:
 * whoever parses the pieces finds what is wrong inside them.
 * @param only 'first': one document, and what follows is ignored (v6 and v7 of `cf` print warnings there); 'objects':
 * outside of documents, lines that begin with no `{` are noise.
 */
export function createJsonSplitter(only?: 'first' | 'objects'): JsonSplitter {
  let text: Buffer = Buffer.alloc(0)
  let at = 0 // next byte to look at
  let start = -1 // first byte of the record, or of the envelope's part, not yet handed on; -1: between documents
  let depth = 0
  let inString = false
  let escaped = false
  let stringStart = 0
  let lastString = ''
  let key: string | undefined // the key of depth 1 whose value is being read
  let inRecords = false
  let expected: 'first' | 'value' | 'comma' = 'first'
  let inPrimitive = false
  let done = false
  let envelope: string[] = []

  function wrong(what: string): never {
    throw new SyntaxError(`${what} at byte ${at} of the text`)
  }

  function finishDocument(pieces: Part[], end: number): void {
    envelope.push(text.toString('utf8', start, end))
    pieces.push({ envelope: envelope.join('') })
    envelope = []
    start = -1
    key = undefined
    done = only === 'first'
  }

  function finishRecord(pieces: Part[], end: number): void {
    pieces.push({ record: text.subarray(start, end) })
    start = -1
    expected = 'comma'
  }

  function readString(): void {
    for (; at < text.length; at++) {
      const byte = text[at]!
      if (escaped) escaped = false
      else if (byte === backslash) escaped = true
      else if (byte === quote) {
        inString = false
        if (depth === 1 && !inRecords) lastString = text.toString('utf8', stringStart, at)
        at++
        return
      }
    }
  }

  /** Between two records: white space, one comma, or the end of the array. */
  function betweenRecords(byte: number): void {
    if (byte === closeArray) {
      if (expected === 'value') wrong('A value is missing')
      inRecords = false
      start = at
      at++
    } else if (byte === comma) {
      if (expected !== 'comma') wrong('A value is missing')
      expected = 'value'
      at++
    } else if (isSpace(byte)) at++
    else {
      if (expected === 'comma') wrong('A comma is missing')
      start = at
      inPrimitive = !opens(byte)
    }
  }

  /** Goes on inside a record, where nearly all bytes are, on local variables; whether its end has been reached. */
  function insideRecord(): boolean {
    const bytes = text
    let next = at
    let level = depth
    let string = inString
    let skip = escaped
    while (next < bytes.length && level > 1) {
      const byte = bytes[next++]
      if (string) {
        if (skip) skip = false
        else if (byte === backslash) skip = true
        else if (byte === quote) string = false
      } else if (byte === quote) string = true
      else if (byte === openObject || byte === openArray) level++
      else if (byte === closeObject || byte === closeArray) level--
    }
    at = next
    depth = level
    inString = string
    escaped = skip
    return level === 1
  }

  function scan(pieces: Part[]): void {
    while (at < text.length) {
      if (inRecords && start >= 0 && depth > 1) {
        if (insideRecord()) finishRecord(pieces, at)
        continue
      }
      if (inString) {
        readString()
        // A string can itself be a whole record or a whole document.
        if (!inString && inRecords && depth === 1) finishRecord(pieces, at)
        else if (!inString && depth === 0) finishDocument(pieces, at)
        continue
      }
      const byte = text[at]!
      if (start < 0 && !inRecords) {
        if (done) return
        if (isSpace(byte)) {
          at++
          continue
        }
        if (only === 'objects' && byte !== openObject) {
          const end = text.indexOf(0x0a, at) + 1 || text.length
          pieces.push({ noise: text.toString('utf8', at, end) })
          at = end
          continue
        }
        start = at
        inPrimitive = !opens(byte)
      }
      if (inRecords && start < 0) {
        betweenRecords(byte)
        continue
      }
      if (inPrimitive) {
        if (!isSpace(byte) && byte !== comma && byte !== closeArray) {
          at++
          continue
        }
        inPrimitive = false
        if (inRecords) finishRecord(pieces, at)
        else if (isSpace(byte)) finishDocument(pieces, at)
        else wrong('Something that is not JSON stands')
        continue
      }
      if (byte === quote) {
        inString = true
        stringStart = ++at
        continue
      }
      if (byte === openObject || byte === openArray) {
        depth++
        at++
        if (depth === 2 && byte === openArray && key === 'resources' && !inRecords) {
          depth = 1
          envelope.push(text.toString('utf8', start, at))
          inRecords = true
          expected = 'first'
          start = -1
        }
        continue
      }
      if (byte === closeObject || byte === closeArray) {
        depth = Math.max(0, depth - 1)
        at++
        if (depth === 0) finishDocument(pieces, at)
        continue
      }
      if (depth === 1 && byte === colon) key = lastString
      else if (depth === 1 && byte === comma) key = undefined
      at++
    }
  }

  /** Drops what was handed on and keeps the rest, so that a file of any size needs the memory of one record. */
  function forget(): void {
    let keep = start < 0 ? text.length : start
    if (start >= 0 && !inRecords) {
      keep = inString ? stringStart : text.length
      envelope.push(text.toString('utf8', start, keep))
    }
    text = text.subarray(keep)
    at -= keep
    stringStart -= keep
    if (start >= 0) start = 0
  }

  return {
    push(chunk) {
      if (done) return []
      text = text.length === 0 ? chunk : Buffer.concat([text, chunk])
      const pieces: Part[] = []
      scan(pieces)
      forget()
      return pieces
    },
    end() {
      const pieces: Part[] = []
      if (inPrimitive && !inRecords) finishDocument(pieces, text.length)
      else if (start >= 0 || inRecords || inString) wrong('The text ends in the middle of a value')
      return pieces
    },
  }
}
