import { Writable } from 'node:stream'

/** A terminal that remembers what stands on it: what a spinner needs of tty.WriteStream, and no more. */
export class Screen extends Writable {
  readonly isTTY: boolean = true
  readonly columns: number
  /** All that was ever written. */
  bytes = ''
  #rows = ['']
  #row = 0
  #column = 0

  constructor(columns: number) {
    super({ decodeStrings: false })
    this.columns = columns
  }

  override _write(chunk: string | Buffer, _: BufferEncoding, done: () => void): void {
    const text = chunk.toString()
    this.bytes += text
    // Colours, and what a terminal may hold back to show at once, leave no trace.
    for (const character of text.replace(/\u001b\[(\?2026[hl]|\d+m)/g, '')) {
      if (character === '\n') {
        this.#rows[++this.#row] ??= ''
        this.#column = 0
      } else {
        const row = this.#rows[this.#row]!.padEnd(this.#column)
        this.#rows[this.#row] = row.slice(0, this.#column) + character + row.slice(this.#column + 1)
        this.#column++
      }
    }
    done()
  }

  cursorTo(column: number): boolean {
    this.#column = column
    return true
  }

  moveCursor(_: number, rows: number): boolean {
    this.#row += rows
    return true
  }

  /** From the cursor to the end of the line. */
  clearLine(): boolean {
    this.#rows[this.#row] = this.#rows[this.#row]!.slice(0, this.#column)
    return true
  }

  /** The lines that are not empty. */
  lines(): string[] {
    return this.#rows.filter(row => row !== '')
  }
}
