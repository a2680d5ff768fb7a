// 400 days of a foundation and of daily runs beside it, compared with all that the foundation ever held.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { merged } from '../../src/archive/coverage.ts'
import type { Range } from '../../src/archive/manifest.ts'
import { verifyArchive } from '../../src/archive/verify.ts'
import { seconds } from '../../src/time.ts'
import { Random } from '../foundation/random.ts'
import type { StoredEvent } from '../foundation/store.ts'
import { day, hour, type World, withWorld } from './world.ts'

const days = 400
const minute = 60_000
/** What is committed within this time of its own is not late for the coverage. */
const settled = 14 * minute

/** What happens, and when. */
type Step = { readonly at: number } & (
  | { readonly kind: 'event'; readonly late: number }
  | { readonly kind: 'delete'; readonly pick: number }
  | { readonly kind: 'grant' | 'revoke' | 'clean-up' | 'run' }
)

/** Everything that happens in a year, in order; times are in milliseconds from its beginning. */
function schedule(seed: number): Step[] {
  const random = new Random(seed)
  const steps: Step[] = []
  let away = 0 // days without a run
  let blind = 0 // days without a role
  for (let today = 0; today < days; today++) {
    const start = today * day
    const isLast = today > days - 3
    for (let count = random.below(4); count > 0; count--) {
      const late = random.below(4) > 0 ? 0 : random.below(random.below(2) > 0 ? settled : 55 * minute)
      steps.push({ at: start + random.below(day - hour) + late, kind: 'event', late })
    }
    if (random.below(25) === 0)
      steps.push({ at: start + random.below(day), kind: 'delete', pick: random.next() })
    if (blind > 0 && (--blind === 0 || isLast)) {
      blind = 0
      steps.push({ at: start + random.below(day / 2), kind: 'grant' })
    } else if (blind === 0 && !isLast && random.below(60) === 0) {
      blind = 1 + random.below(random.below(3) > 0 ? 6 : 50)
      steps.push({ at: start + random.below(day / 2), kind: 'revoke' })
    }
    if (away > 0) away--
    else if (random.below(12) === 0) away = 1 + random.below(random.below(4) > 0 ? 4 : 50)
    if (away === 0 || isLast) steps.push({ at: start + 22 * hour + random.below(hour), kind: 'run' })
    steps.push({ at: start + 20 * hour, kind: 'clean-up' })
  }
  return steps.sort((a, b) => a.at - b.at)
}

/** What is known of an event. */
interface Known {
  readonly event: StoredEvent
  readonly late: number
  /** Whether a run could have read it. */
  wasReadable: boolean
  /** When an admin deleted it, after it had been archived. */
  deleted?: number
}

async function live(world: World, steps: readonly Step[]): Promise<void> {
  const begun = world.now
  const all = new Map<string, Known>()
  const held = new Set<string>()
  const vanished: string[] = []
  const sighted: number[] = []
  let covered: readonly Range[] = []
  let sees = true
  const say = () => `on day ${Math.floor((world.now - begun) / day)}`

  async function run(): Promise<void> {
    const { manifest, error } = await world.update()
    assert.is(error, undefined, say())
    const [org] = manifest.orgs
    for (const { path } of org!.parts) {
      const text = gunzipSync(readFileSync(join(world.archive, path))).toString()
      for (const line of text.trim().split('\n')) {
        const { guid } = JSON.parse(line)
        assert.not.ok(held.has(guid), `${guid} is there twice ${say()}`)
        assert.ok(all.has(guid), `${guid} never was ${say()}`)
        held.add(guid)
      }
    }
    vanished.push(...org!.vanished)
    if (!sees) return assert.is(org!.covers, null, say())
    sighted.push(world.now)
    for (const event of world.foundation.state.events.all()) {
      all.get(event.guid)!.wasReadable = true
      assert.ok(held.has(event.guid), `${event.guid} of ${event.timestamp} is missing ${say()}`)
    }
    covered = merged([...covered, ...(org!.covers === null ? [] : [org!.covers])])
    for (const { event, late, wasReadable } of all.values()) {
      if (!isIn(covered, event.timestamp) || held.has(event.guid)) continue
      assert.ok(!wasReadable && late > settled, `${event.timestamp} is covered, and not there ${say()}`)
    }
  }

  for (const step of steps) {
    world.now = begun + step.at
    const { events } = world.foundation.state
    if (step.kind === 'event') {
      const event = world.add({ timestamp: seconds(world.now - step.late) })
      all.set(event.guid, { event, late: step.late, wasReadable: false })
    } else if (step.kind === 'delete' && events.length > 0) {
      const { guid } = events.all()[Math.floor(step.pick * events.length)]!
      events.remove(each => each.guid === guid)
      const known = all.get(guid)!
      // Deleted before a run could read it, it never was, for all that an archive can know.
      if (held.has(guid)) known.deleted = world.now
      else all.delete(guid)
    } else if (step.kind === 'clean-up') world.cleanUp()
    else if (step.kind === 'run') await run()
    else if (step.kind === 'grant' || step.kind === 'revoke') {
      sees = step.kind === 'grant'
      world.revoke()
      if (sees) world.grant()
    }
  }

  assert.is(new Set(vanished).size, vanished.length, 'each vanished event is reported once')
  for (const guid of vanished) assert.ok(all.get(guid)?.deleted, `${guid} was not deleted`)
  for (const { event, deleted } of all.values()) {
    // A late event can hide a deletion from one run, for it is found by its count.
    const noticed = Date.parse(event.timestamp) + 29 * day
    const chances = sighted.filter(at => deleted !== undefined && at > deleted && at < noticed)
    if (chances.length > 2) assert.ok(vanished.includes(event.guid), `${event.guid} vanished unnoticed`)
  }
  const findings = await verifyArchive(world.archive)
  assert.equal(
    findings.filter(({ state }) => state !== 'valid'),
    [],
  )
  assert.ok(held.size > 300, `only ${held.size} events`)
}

const isIn = (ranges: readonly Range[], time: string) =>
  ranges.some(({ from, until }) => from <= time && time < until)

const year = suite('a year of an archive')
for (const seed of [Number(process.env.CF_AUDIT_SEED ?? 1)]) {
  year(`seed ${seed}`, () =>
    withWorld({ seed }, async world => {
      const steps = schedule(seed)
      try {
        await live(world, steps)
      } catch (error) {
        console.error(`CF_AUDIT_SEED=${seed} gives this schedule:\n${steps.map(lineOf).join('\n')}`)
        throw error
      }
    }),
  )
}

function lineOf(step: Step): string {
  const { at, kind, ...more } = step
  return `day ${(at / day).toFixed(3)} ${kind} ${JSON.stringify(more)}`
}

year.run()
