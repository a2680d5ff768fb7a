/** What a column holds decides how long it stays whole. */
export type Kind = 'time' | 'type' | 'role' | 'guid' | 'text'

// The least places of a column, in the order in which a terminal that becomes narrower takes the rest. A time is never
// cut, a name keeps its start and its end, and a GUID enough to be told from others. What an event type or a role tells
// is what the reader looks for: they are the last to be shortened, and 17 places tell nearly all types apart.
const stages: readonly Readonly<Record<Kind, number>>[] = [
  { time: 20, type: Number.POSITIVE_INFINITY, role: Number.POSITIVE_INFINITY, text: 16, guid: 13 },
  { time: 20, type: 24, role: 20, text: 16, guid: 13 },
  { time: 20, type: 20, role: 13, text: 10, guid: 9 },
  { time: 20, type: 17, role: 10, text: 8, guid: 9 },
]

/**
 * The places of each column in a row of so many, at most as many as it needs. Fewer than there are columns when the
 * rest, from the right, has no room.
 * @param needed the places of the widest cell or heading of each column.
 * @param gap the places between two columns.
 */
export function fitColumns(
  needed: readonly number[],
  kinds: readonly Kind[],
  width: number,
  gap: number,
): number[] {
  for (let count = needed.length; count > 1; count--) {
    const wanted = needed.slice(0, count)
    const room = width - gap * (count - 1)
    let most = wanted
    for (const stage of stages) {
      const least = wanted.map((places, index) => Math.min(places, stage[kinds[index] ?? 'text']))
      if (sum(least) <= room) return share(least, most, room)
      most = least
    }
  }
  return needed.slice(0, 1).map(places => Math.max(1, Math.min(places, width)))
}

/** The widest give way first: none gets more than any other that would need more, but for what is least and most. */
function share(least: readonly number[], most: readonly number[], room: number): number[] {
  const capped = (cap: number) => least.map((low, index) => Math.max(low, Math.min(most[index] ?? low, cap)))
  let cap = Math.min(room, Math.max(...most))
  while (sum(capped(cap)) > room) cap--
  let spare = room - sum(capped(cap))
  return capped(cap).map((places, index) => {
    if (spare === 0 || places < cap || places >= (most[index] ?? places)) return places
    spare--
    return places + 1
  })
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
