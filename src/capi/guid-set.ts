/**
 * The GUIDs of events that were seen, to give each once.
 *
 * They are packed into an open-addressing table of 16 bytes a GUID: a Set of a million strings takes 145 MB, this about 32.
 */
export class GuidSet {
  #capacity = 1024
  #rows = new Uint32Array(this.#capacity * width)
  #used = 0
  /** What is no lower-case UUID, and the one that is all zeros: so an empty row looks. */
  readonly #others = new Set<string>()

  get size(): number {
    return this.#used + this.#others.size
  }

  /** Adds a GUID; false when it was there already. */
  add(guid: string): boolean {
    if (pack(guid)) return this.#put(words[0], words[1], words[2], words[3])
    if (this.#others.has(guid)) return false
    this.#others.add(guid)
    return true
  }

  addAll(other: GuidSet): void {
    const rows = other.#rows
    for (let row = 0; row < rows.length; row += width) {
      if (!isEmpty(rows, row)) this.#put(rows[row]!, rows[row + 1]!, rows[row + 2]!, rows[row + 3]!)
    }
    for (const guid of other.#others) this.#others.add(guid)
  }

  #put(a: number, b: number, c: number, d: number): boolean {
    const row = find(this.#rows, a, b, c, d)
    if (!isEmpty(this.#rows, row)) return false
    this.#rows.set([a, b, c, d], row)
    if (++this.#used > this.#capacity * 0.7) this.#grow()
    return true
  }

  #grow(): void {
    const rows = this.#rows
    this.#capacity *= 2
    this.#rows = new Uint32Array(this.#capacity * width)
    for (let row = 0; row < rows.length; row += width) {
      if (isEmpty(rows, row)) continue
      const four = rows.subarray(row, row + width)
      this.#rows.set(four, find(this.#rows, four[0]!, four[1]!, four[2]!, four[3]!))
    }
  }
}

/** Words of 32 bits in a row, which holds one GUID. */
const width = 4

const isEmpty = (rows: Uint32Array, row: number) =>
  rows[row] === 0 && rows[row + 1] === 0 && rows[row + 2] === 0 && rows[row + 3] === 0

/** The GUID that was packed last. */
const words: [number, number, number, number] = [0, 0, 0, 0]

/** Packs a lower-case UUID into `words`; false for any other text, and for zeros alone. */
function pack(guid: string): boolean {
  if (guid.length !== 36) return false
  let word = 0
  let digits = 0
  for (let at = 0; at < 36; at++) {
    const code = guid.charCodeAt(at)
    if (at === 8 || at === 13 || at === 18 || at === 23) {
      if (code !== 0x2d) return false
      continue
    }
    // '0' to '9', then 'a' to 'f'
    const digit = code >= 0x30 && code <= 0x39 ? code - 0x30 : code >= 0x61 && code <= 0x66 ? code - 0x57 : -1
    if (digit < 0) return false
    word = (word << 4) | digit
    if (++digits % 8 === 0) {
      words[digits / 8 - 1] = word >>> 0
      word = 0
    }
  }
  return words.some(word => word !== 0)
}

/** The row that holds a GUID, or the empty one where it belongs. */
function find(rows: Uint32Array, a: number, b: number, c: number, d: number): number {
  const capacity = rows.length / width
  let slot = (a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca6b) ^ d) >>> 0
  for (slot %= capacity; ; slot = (slot + 1) % capacity) {
    const row = slot * width
    if (isEmpty(rows, row)) return row
    if (rows[row] === a && rows[row + 1] === b && rows[row + 2] === c && rows[row + 3] === d) return row
  }
}
