import leven from 'leven'

// No word that we know is nearly as long.
const longest = 100

/**
 * Those of the known words that were probably meant, at most three, the likeliest first. Two words are near each other
 * when few letters differ, and nearer still when one lacks nothing but letters of the other: `org` for `organization`,
 * `route.create` for `audit.route.create`.
 */
export function suggest(word: string, known: Iterable<string>): string[] {
  const asked = word.toLowerCase()
  if (asked === '' || asked.length > longest) return []
  const near = [...new Set(known)]
    .map(candidate => ({ candidate, cost: costOf(asked, candidate.toLowerCase()) }))
    .filter(({ cost }) => cost !== undefined) as { candidate: string; cost: number }[]
  near.sort((a, b) => a.cost - b.cost)
  const limit = (near[0]?.cost ?? 0) + 0.5
  return near
    .filter(({ cost }) => cost <= limit)
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}

/** The question with a space before it, or nothing where no known word is near. */
export function didYouMean(word: string, known: Iterable<string>, show = (word: string) => word): string {
  const words = suggest(word, known).map(show)
  const last = words.pop()
  if (last === undefined) return ''
  return ` Did you mean ${words.length === 0 ? last : `${words.join(', ')} or ${last}`}?`
}

/** How far apart two words are; undefined: too far. */
function costOf(asked: string, candidate: string): number | undefined {
  if (lettersOf(asked) === lettersOf(candidate)) return asked === candidate ? 0 : 1
  const [short, long] = asked.length < candidate.length ? [asked, candidate] : [candidate, asked]
  const lacking = (long.length - short.length) / 3
  const isPart = long.includes(short) && (short.length > 2 || long.length < 4)
  if (isPart || (lacking * 3 <= asked.length && isSpread(short, long))) return lacking
  const limit = asked.length < 6 ? 1 : asked.length < 13 ? 2 : 3
  const edits = leven(asked, candidate, { maxDistance: limit + 1 })
  return edits <= limit ? edits : undefined
}

const lettersOf = (word: string) => [...word].sort().join('')

/** Whether the letters of a word stand in another, in the same order. */
function isSpread(short: string, long: string): boolean {
  let at = 0
  for (const letter of long) if (letter === short[at]) at++
  return at === short.length
}
