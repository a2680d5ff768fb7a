import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { event } from '../../foundation/event.ts'
import { sampleFoundation } from '../../foundation/sample.ts'
import { run } from '../../run.ts'
import { withScene } from '../../scene.ts'

const orgGuid = sampleFoundation({ events: 0 }).org.guid
const hour = 3600_000
/** One event an hour, oldest first. */
const events = Array.from({ length: 450 }, (_, index) =>
  event({ orgGuid, timestamp: new Date(Date.now() - (450 - index) * hour).toISOString() }),
)
const guids = events.map(({ guid }) => guid)

const limits = suite('--limit')

for (const [args, wanted, pages] of [
  [['--limit', '5'], guids.slice(0, 5), ['5']],
  [['--limit', '5', '--reverse'], guids.slice(-5).reverse(), ['5']],
  [['--limit', '120', '--reverse'], guids.slice(-120).reverse(), ['120', '100', '100']],
  // Those of an actor are found here: whole pages, one after the other.
  [['--limit', '120', '--actor', events[0]!.actor], guids.slice(0, 120), ['5000', '100', '100']],
  [['--reverse'], guids.toReversed(), undefined],
] as const) {
  limits(`${args.join(' ')}: no more than is needed`, () =>
    withScene({ events: 0, foundation: { maxPerPage: { v3: 100 }, events } }, async ({ cf, foundation }) => {
      const { code, stdout, stderr } = await run(cf, ['events', '-f', 'ndjson', ...args])
      assert.is(code, 0, stderr)
      const read = stdout
        .split('\n')
        .slice(0, -1)
        .map(line => JSON.parse(line).guid)
      assert.equal(read, wanted)
      const asked = foundation.requests.filter(({ path }) => /audit_events\?/.test(path))
      if (pages === undefined) return
      assert.equal(
        asked.map(({ path }) => /per_page=(\d+)/.exec(path)?.[1]),
        pages,
      )
      assert.match(stderr, /^First \d+ of 450 events\.$/m)
    }),
  )
}

limits.run()
