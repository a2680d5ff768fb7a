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
