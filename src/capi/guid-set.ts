// Five words a row: the GUID in four, its time (seconds since 1970, plus one) in the fifth. 0 there: an empty row.
const width = 5

/**
 * Remembers which events were read, to give each once and to say afterwards how many are older than a given time.
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

  /** Notes an event; false when it was there already. Without a time it is older than any. */
  add(guid: string, time: string): boolean {
    const stamp = secondsOf(time) + 1
    if (packed(guid)) return this.#put(words[0], words[1], words[2], words[3], stamp) === 0
    if (this.#others.has(guid)) return false
    this.#others.set(guid, stamp)
    return true
  }

  /** Notes an event under a number of at least 0; gives the number under which it was noted before, if it was. */
  tag(guid: string, number: number): number | undefined {
    const isPacked = packed(guid)
    const before = isPacked
      ? this.#put(words[0], words[1], words[2], words[3], number + 1)
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
    for (const [guid, stamp] of other.#others) this.#others.set(guid, stamp)
  }

  /** How many events are older than `time`. */
  countBefore(time: string): number {
    const stamp = secondsOf(time) + 1
    let count = 0
    for (let row = 4; row < this.#rows.length; row += width) {
      if (this.#rows[row] !== 0 && this.#rows[row]! < stamp) count++
    }
    for (const other of this.#others.values()) if (other < stamp) count++
    return count
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
    const capacity = this.#capacity * 2
    const larger = new Uint32Array(capacity * width)
    for (let row = 0; row < this.#rows.length; row += width) {
      if (this.#rows[row + 4] === 0) continue
      const five = this.#rows.subarray(row, row + width)
      larger.set(five, find(larger, capacity, five[0]!, five[1]!, five[2]!, five[3]!))
    }
    this.#capacity = capacity
    this.#rows = larger
  }
}

/** The GUID that was packed last. */
const words: [number, number, number, number] = [0, 0, 0, 0]

/** Packs a lower-case UUID into `words`; false for any other text. */
function packed(guid: string): boolean {
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
  return true
}

/** The row that holds a GUID, or the empty one where it belongs. */
function find(rows: Uint32Array, capacity: number, a: number, b: number, c: number, d: number): number {
  let slot = (a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca6b) ^ d) >>> 0
  for (slot %= capacity; ; slot = (slot + 1) % capacity) {
    const row = slot * width
    if (rows[row + 4] === 0) return row
    if (rows[row] === a && rows[row + 1] === b && rows[row + 2] === c && rows[row + 3] === d) return row
  }
}

function secondsOf(time: string): number {
  if (time === '') return 0
  const seconds = Date.parse(time) / 1000
  return seconds >= 0 && seconds < 0xffff_fffe ? Math.floor(seconds) : 0
}
