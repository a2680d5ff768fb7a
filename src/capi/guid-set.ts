// Five words a row: the GUID in four, its number plus one in the fifth. 0 there: an empty row.
const width = 5

/**
 * Remembers which events were read, each under a number.
 *
 * GUIDs are packed into an open-addressing table: a Set of a million strings takes 145 MB, this about 40.
 */
export class GuidSet {
  #capacity = 64
  #rows = new Uint32Array(this.#capacity * width)
  #used = 0
  /** GUIDs that are no lower-case UUIDs. */
  readonly #others = new Map<string, number>()

  /** How many different events were noted. */
  get size(): number {
    return this.#used + this.#others.size
  }

  /** Notes an event under a number of at least 0; gives the number under which it was noted before, if it was. */
  add(guid: string, number = 0): number | undefined {
    const isPacked = packed(guid)
    const before = isPacked
      ? this.#put(words[0]!, words[1]!, words[2]!, words[3]!, number + 1)
      : (this.#others.get(guid) ?? 0)
    if (before !== 0) return before - 1
    if (!isPacked) this.#others.set(guid, number + 1)
    return undefined
  }

  /** Notes everything that `other` has noted. */
  addAll(other: GuidSet): void {
    const rows = other.#rows
    for (let row = 0; row < rows.length; row += width) {
      if (rows[row + 4] !== 0)
        this.#put(rows[row]!, rows[row + 1]!, rows[row + 2]!, rows[row + 3]!, rows[row + 4]!)
    }
    for (const [guid, stamp] of other.#others) if (!this.#others.has(guid)) this.#others.set(guid, stamp)
  }

  /** The stamp that the GUID has already; 0 when it had none, and has this one now. */
  #put(a: number, b: number, c: number, d: number, stamp: number): number {
    const rows = this.#rows
    const row = find(rows, this.#capacity, a, b, c, d)
    const before = rows[row + 4]!
    if (before !== 0) return before
    rows[row] = a
    rows[row + 1] = b
    rows[row + 2] = c
    rows[row + 3] = d
    rows[row + 4] = stamp
    if (++this.#used > this.#capacity * 0.7) this.#grow()
    return 0
  }

  #grow(): void {
    const rows = this.#rows
    const capacity = this.#capacity * 2
    const larger = new Uint32Array(capacity * width)
    for (let row = 0; row < rows.length; row += width) {
      if (rows[row + 4] === 0) continue
      const place = find(larger, capacity, rows[row]!, rows[row + 1]!, rows[row + 2]!, rows[row + 3]!)
      for (let word = 0; word < width; word++) larger[place + word] = rows[row + word]!
    }
    this.#capacity = capacity
    this.#rows = larger
  }
}

/** The GUID that was packed last. */
const words = new Uint32Array(4)

/** What each character stands for in a lower-case UUID: a digit, or -1. */
const digits = new Int8Array(128).fill(-1)
for (const [value, digit] of [...'0123456789abcdef'].entries()) digits[digit.charCodeAt(0)] = value

/** Packs a lower-case UUID into `words`; false for any other text. */
function packed(guid: string): boolean {
  if (guid.length !== 36) return false
  let at = 0
  for (let word = 0; word < 4; word++) {
    let bits = 0
    let wrong = 0
    for (let count = 0; count < 8; count++) {
      let code = guid.charCodeAt(at++)
      if (code === 0x2d && (at === 9 || at === 14 || at === 19 || at === 24)) code = guid.charCodeAt(at++)
      const digit = code < 128 ? digits[code]! : -1
      wrong |= digit
      bits = (bits << 4) | digit
    }
    if (wrong < 0) return false
    words[word] = bits
  }
  return at === 36
}

/** The row that holds a GUID, or the empty one where it belongs. */
function find(rows: Uint32Array, capacity: number, a: number, b: number, c: number, d: number): number {
  const mask = capacity - 1 // A power of two.
  let slot = (a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca6b) ^ d) & mask
  for (; ; slot = (slot + 1) & mask) {
    const row = slot * width
    if (rows[row + 4] === 0) return row
    if (rows[row] === a && rows[row + 1] === b && rows[row + 2] === c && rows[row + 3] === d) return row
  }
}
