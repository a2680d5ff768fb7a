import { exitCodes } from '../../errors.ts'
import { howToGet } from '../empty.ts'
import { partsOf } from '../narration.ts'
import { blocked, type Look, needs, ok, problem, warning } from './check.ts'
import { count, userIn } from './cloud-foundry.ts'
import type { Events, Facts } from './facts.ts'

// The lines about what can be seen, how far back, and by which clock.

/** The events of whichever API answered. */
const eventsIn = ({ v3, v2 }: Facts): Events | undefined => v3?.value ?? v2?.value

export const lookAtVisibility: Look = (facts, done) => {
  const { visibility, org } = facts
  const stop = blocked(done, 'session', ...needed(org))
  if (stop !== undefined || visibility === undefined) return stop ?? needs('session')
  const where = org?.name ?? 'any org'
  const user = userIn(facts)
  const total = eventsIn(facts)?.total ?? 0
  const getRole = (isManager: boolean) =>
    org !== undefined && user !== undefined
      ? howToGet(user, org.name, isManager)
      : 'Ask an Org Manager for the Org Auditor role.'
  switch (visibility.sees) {
    case 'all':
      return ok(`You see every event of ${org?.name ?? 'every org'}.`)
    case 'some':
      if (org === undefined) return ok(`You see events of ${partsOf(visibility)}, and of no other.`)
      return warning(
        `You see only a part of ${where}: ${partsOf(visibility)}.`,
        `The rest takes Org Auditor. ${getRole(false)}`,
      )
    case 'none':
      if (total > 0) {
        return warning(
          `You see ${count(total, 'event')} of ${where}, though by no role that could be read.`,
          `Unless you are a global auditor, do not take that for all. ${getRole(false)}`,
        )
      }
      return problem(
        `Your roles cannot see the events of ${where}: Cloud Foundry answers with an empty list.`,
        getRole(visibility.isManager),
        exitCodes.refused,
      )
    case 'unknown': {
      const finding = `Which events of ${where} your roles show could not be looked up: ${visibility.why}`
      const advice = 'Ask an Org Manager which roles you have there.'
      return total > 0 ? warning(finding, advice) : problem(finding, advice, exitCodes.refused)
    }
  }
}

/** Where no org is named and none is targeted, all of them are looked at. */
const needed = (org: Facts['org']) => (org === undefined ? [] : (['org'] as const))

const day = 24 * 3600 * 1000
// The default of cc.audit_events.cutoff_age_in_days (config/cloud_controller.yml); what is older goes once a day.
const keptDays = 31

export const lookAtOldest: Look = (facts, done) => {
  const { org, now } = facts
  const stop = blocked(done, 'session', ...needed(org), 'visibility')
  const events = eventsIn(facts)
  if (stop !== undefined || events === undefined) return stop ?? blocked(done, 'api-v3') ?? needs('api-v3')
  const of = org === undefined ? 'any org' : org.name
  if (events.oldest === undefined) return ok(`none: of ${of} you see no event at all`)
  const { time, type, targetGuid } = events.oldest
  const days = Math.floor((now - Date.parse(time)) / day)
  const told = `${time}, ${count(days, 'day')} ago, the first of ${events.total}`
  if (days > keptDays + 1) return ok(`${told}: Cloud Foundry keeps more than the usual ${keptDays} days here`)
  if (days >= keptDays - 1) return ok(`${told}: as far back as the usual ${keptDays} days`)
  const isCreation = type === 'audit.organization.create' && targetGuid === org?.guid.value
  if (isCreation) return ok(`${told}: the creation of the org`)
  return warning(
    `${told}. Whether older ones were deleted or never were cannot be told.`,
    `What is older is in no report. For a longer record, export at least every ${count(Math.max(1, days), 'day')}.`,
  )
}

const tolerable = 30_000

export const lookAtClock: Look = ({ clock }, done) => {
  const stop = blocked(done, 'api')
  if (stop !== undefined) return stop
  if (clock === undefined) {
    return { status: 'skipped', finding: 'Not looked at: the answers come without their headers.' }
  }
  const off = Math.abs(clock.ahead)
  if (off - clock.give <= tolerable) {
    return ok(off <= clock.give + 1000 ? 'agrees with that of Cloud Foundry' : `${tell(off)} off, no matter`)
  }
  return warning(
    `This machine is ${tell(off)} ${clock.ahead > 0 ? 'behind' : 'ahead of'} Cloud Foundry: --since 7d and the like are off by as much.`,
    'Set the clock, or give --since and --until as times with their zone.',
  )
}

function tell(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return count(seconds, 'second')
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? count(minutes, 'minute') : count(Math.round(minutes / 60), 'hour')
}
