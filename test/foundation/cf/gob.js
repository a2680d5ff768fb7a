// @ts-check
// Reads and answers what a plugin of cf says over net/rpc: Go's encoding/gob, with the types that the sender defines.

/** @typedef {{ kind: 'struct', fields: { name: string, id: number }[] } | { kind: 'slice', element: number } | { kind: 'map', key: number, element: number }} Type */

/** What the real cf answers: the definition of Response, its value without an error, and `true` (facts seen on the wire). */
export const accepted = Buffer.from(
  '3aff8103010108526573706f6e736501ff82000103010d536572766963654d6574686f64010c00010353657101060001054572726f72010c000000' +
    '20ff82011b436c69527063436d642e536574506c7567696e4d6574616461746100' +
    '03020001',
  'hex',
)

/**
 * The values in a stream, in their order; undefined while its last message is not whole.
 * @param {Buffer} bytes
 * @returns {any[] | undefined}
 */
export const valuesIn = bytes => {
  let at = 0
  /** @type {Map<number, Type>} */
  const types = new Map()
  const values = []

  const uint = () => {
    const first = bytes[at++] ?? 0
    if (first < 128) return first
    const length = 256 - first
    const value = bytes.readUIntBE(at, length)
    at += length
    return value
  }
  const int = () => {
    const value = uint()
    return value % 2 === 1 ? -(value - 1) / 2 - 1 : value / 2
  }
  const text = () => {
    const length = uint()
    at += length
    return bytes.toString('utf8', at - length, at)
  }
  /** @param {Record<number, () => void>} readers */
  const fields = readers => {
    for (let field = -1, step = uint(); step !== 0; step = uint()) {
      field += step
      const read = readers[field]
      if (read === undefined) throw new Error(`field ${field} at ${at}`)
      read()
    }
  }
  const common = () => {
    let name = ''
    let id = 0
    fields({
      0: () => {
        name = text()
      },
      1: () => {
        id = int()
      },
    })
    return { name, id }
  }
  /** @returns {Type} */
  const wireType = () => {
    /** @type {Type | undefined} */
    let type
    let element = 0
    let key = 0
    /** @type {{ name: string, id: number }[]} */
    let members = []
    const setElement = () => {
      element = int()
    }
    fields({
      1: () => {
        fields({ 0: common, 1: setElement })
        type = { kind: 'slice', element }
      },
      2: () => {
        fields({
          0: common,
          1: () => {
            members = Array.from({ length: uint() }, common)
          },
        })
        type = { kind: 'struct', fields: members }
      },
      3: () => {
        fields({
          0: common,
          1: () => {
            key = int()
          },
          2: setElement,
        })
        type = { kind: 'map', key, element }
      },
    })
    if (type === undefined) throw new Error(`no type at ${at}`)
    return type
  }
  /** @param {number} id @returns {any} */
  const value = id => {
    if (id === 1) return uint() === 1
    if (id === 2) return int()
    if (id === 3) return uint()
    if (id === 6) return text()
    const type = types.get(id)
    if (type === undefined) throw new Error(`type ${id} at ${at}`)
    if (type.kind === 'slice') return Array.from({ length: uint() }, () => value(type.element))
    if (type.kind === 'map')
      return Object.fromEntries(Array.from({ length: uint() }, () => [value(type.key), value(type.element)]))
    /** @type {Record<string, any>} */
    const found = {}
    fields(
      Object.fromEntries(
        type.fields.map(({ name, id: field }, index) => [
          index,
          () => {
            found[name] = value(field)
          },
        ]),
      ),
    )
    return found
  }

  while (at < bytes.length) {
    const first = bytes[at] ?? 0
    if (first >= 128 && at + 256 - first >= bytes.length) return undefined
    const length = uint()
    const end = at + length
    if (end > bytes.length) return undefined
    const id = int()
    if (id < 0) types.set(-id, wireType())
    else {
      if (types.get(id)?.kind !== 'struct' && uint() !== 0) throw new Error(`no zero byte at ${at}`)
      values.push(value(id))
    }
    if (at !== end) throw new Error(`a message ends at ${end}, and its value at ${at}`)
  }
  return values
}
