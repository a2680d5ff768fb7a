// A row is five words: the GUID in four, and its number. Rows are kept in blocks, in the order in which they came.
const width = 5
const blockBits = 14
const blockRows = 1 << blockBits

/**
 * Remembers which events were read, each under a number.
 *
 * GUIDs are packed, and found through a table of open addressing: a Set of a million strings takes 145 MB, this 28.
 */
export class GuidSet {
  readonly #blocks: Uint32Array[] = []
  #used = 0
  /** The number of a row plus one; 0: an empty place. Its size is a power of two. */
  #places = new Uint32Array(64)
  /** GUIDs that are no lower-case UUIDs. */
  readonly #others = new Map<string, number>()

  /** How many different events were noted. */
  get size(): number {
    return this.#used + this.#others.size
  }

  /** Notes an event under a number of at least 0; gives the number under which it was noted before, if it was. */
  add(guid: string, number = 0): number | undefined {
    if (packed(guid)) return this.#put(words[0]!, words[1]!, words[2]!, words[3]!, number)
    const before = this.#others.get(guid)
    if (before === undefined) this.#others.set(guid, number)
    return before
  }

  /** Notes everything that `other` has noted. */
  addAll(other: GuidSet): void {
    const count = other.#used
    for (let row = 0; row < count; row++) {
      const block = other.#blocks[row >>> blockBits]!
      const at = (row & (blockRows - 1)) * width
      this.#put(block[at]!, block[at + 1]!, block[at + 2]!, block[at + 3]!, block[at + 4]!)
    }
    for (const [guid, number] of other.#others) if (!this.#others.has(guid)) this.#others.set(guid, number)
  }

  #put(a: number, b: number, c: number, d: number, number: number): number | undefined {
    const places = this.#places
    const mask = places.length - 1
    let place = hash(a, b, c, d) & mask
    for (let row = places[place]!; row !== 0; row = places[place]!) {
      const block = this.#blocks[(row - 1) >>> blockBits]!
      const at = ((row - 1) & (blockRows - 1)) * width
      if (block[at] === a && block[at + 1] === b && block[at + 2] === c && block[at + 3] === d)
        return block[at + 4]!
      place = (place + 1) & mask
    }
    const row = this.#used++
    if ((row & (blockRows - 1)) === 0)
      this.#blocks.push(new Uint32Array((row === 0 ? 64 : blockRows) * width))
    else if (row === 64) this.#lengthenFirst()
    const block = this.#blocks[row >>> blockBits]!
    const at = (row & (blockRows - 1)) * width
    block[at] = a
    block[at + 1] = b
    block[at + 2] = c
    block[at + 3] = d
    block[at + 4] = number
    places[place] = row + 1
    if (this.#used > places.length * 0.7) this.#grow()
    return undefined
  }

  /** Most sets are small. */
  #lengthenFirst(): void {
    const block = new Uint32Array(blockRows * width)
    block.set(this.#blocks[0]!)
    this.#blocks[0] = block
  }

  #grow(): void {
    const places = new Uint32Array(this.#places.length * 2)
    const mask = places.length - 1
    for (let row = 0; row < this.#used; row++) {
      const block = this.#blocks[row >>> blockBits]!
      const at = (row & (blockRows - 1)) * width
      let place = hash(block[at]!, block[at + 1]!, block[at + 2]!, block[at + 3]!) & mask
      while (places[place] !== 0) place = (place + 1) & mask
      places[place] = row + 1
    }
    this.#places = places
  }
}

/** Each part is mixed in turn, so that GUIDs whose parts resemble each other do not share a place. */
function hash(a: number, b: number, c: number, d: number): number {
  return mix(mix(mix(mix(0, a), b), c), d)
}

function mix(hash: number, part: number): number {
  const mixed = Math.imul(hash ^ part, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
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
