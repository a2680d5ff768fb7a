import { BadRequest, EndpointMissing } from '../../capi/client.ts'
import { type Grantee, grantCommand, howToGetAccess, visibleParts } from '../../capi/visibility.ts'
import { type AuditError, CfUnusable, exitCodes, Forbidden, LoggedOut } from '../../errors.ts'
import { plural } from '../../text.ts'
import {
  type CheckFn,
  type Finding,
  needs,
  ok,
  problem,
  problemOf,
  skippedBecause,
  warning,
} from './check.ts'
import type { Events, Facts } from './collect.ts'

// The lines about the API, the login and the org.

/** The name of the user, or the id of the client. */
function userIn({ target, login }: Facts): Grantee | undefined {
  const user = target?.value?.user ?? login?.user
  return user === undefined ? undefined : { user, isClient: login?.user === user && login.isClient }
}

const answersEvents = ({ v3, v2 }: Facts) => (v3?.value ?? v2?.value) !== undefined

export const checkApi: CheckFn = (facts, done) => {
  const stop = skippedBecause(done, 'cf', 'cf-version', 'trace')
  const { root, target, settings } = facts
  if (stop !== undefined || root === undefined) return stop ?? needs('cf-version')
  const url = (target?.value?.api ?? settings?.api) || 'The API'
  if (root.error !== undefined) return checkUnreachableApi(facts, root.error, url)
  if (settings?.skipsCertificates && url.startsWith('https:')) {
    return warning(
      `${url} answers, but its certificate is not verified, so the data could be altered on the way.`,
      'Add its certificate authority to this machine, then cf login without --skip-ssl-validation.',
    )
  }
  return ok(`${url} answers`)
}

function checkUnreachableApi(facts: Facts, error: AuditError, url: string): Finding {
  if (error instanceof LoggedOut) return needs(facts.target?.value ? 'session' : 'user')
  if (facts.session?.value || answersEvents(facts)) {
    return warning(
      'This wrapper lists events, but does not show which API it uses.',
      'Name the Cloud Foundry CLI itself with --cf PATH to check more.',
    )
  }
  if (!(error instanceof EndpointMissing)) return problemOf(error)
  return problem(
    `${url} is not a Cloud Foundry API: it answers ${error.message}.`,
    'Check the address with cf api.',
    exitCodes.failed,
  )
}

export const checkUser: CheckFn = (facts, done) => {
  const stop = skippedBecause(done, 'cf', 'cf-version', 'trace')
  const { target, root, settings } = facts
  if (stop !== undefined || target === undefined) return stop ?? needs('cf-version')
  if (target.value) return ok(`${target.value.user} (login in ${settings?.file})`)
  const { error } = target
  if (error instanceof LoggedOut) return problemOf(error)
  // v6 and v7 call the API here too; its problems have a line of their own.
  if (done.get('api')?.status === 'problem') return needs('api')
  if (facts.login) return ok(`${facts.login.user} (login in ${settings?.file})`)
  if (root?.value || answersEvents(facts)) {
    return warning(`cf does not show who is logged in: ${error.message}`, 'Your roles cannot be looked up.')
  }
  return problemOf(error)
}

export const checkSession: CheckFn = (facts, done) => {
  const { session, root } = facts
  const over = [root?.error, session?.error].find(error => error instanceof LoggedOut)
  const stop = skippedBecause(done, 'cf', 'cf-version', 'trace', 'user')
  if (stop !== undefined) return stop
  if (over !== undefined) return problemOf(over)
  const noApi = skippedBecause(done, 'api')
  if (noApi !== undefined || session === undefined) return noApi ?? needs('api')
  if (session.value) {
    const { orgs } = session.value
    if (orgs !== 0) return ok(orgs === undefined ? 'valid' : `valid; you can see ${plural(orgs, 'org')}`)
    return warning(
      'Valid, but you cannot see any org.',
      `Ask an Org Manager to run: ${grantCommand(userIn(facts) ?? { user: 'USER' }, 'ORG')}`,
    )
  }
  return answersEvents(facts) ? ok('alive') : problemOf(session.error)
}

export const checkOrg: CheckFn = ({ org, target }, done) => {
  const stop = skippedBecause(done, 'session')
  if (stop !== undefined) return stop
  if (org === undefined) {
    return {
      status: 'skipped',
      finding: `No org given, and cf ${target?.value ? 'targets none' : 'does not say which one it targets'}.`,
      advice: `Name one (cf-audit doctor ORG)${target?.value ? ', or run cf target -o ORG' : '; reports need one too'}.`,
    }
  }
  if (org.guid.error) return problemOf(org.guid.error)
  const isTargeted = target?.value?.org === org.name
  return ok(`${org.name}${isTargeted ? ', targeted' : ''} (${org.guid.value})`)
}

export const checkV3: CheckFn = ({ v3, v2, root }, done) => {
  const stop = skippedBecause(done, 'api', 'session')
  if (stop !== undefined || v3 === undefined) return stop ?? needs('session')
  const version = root?.value?.v3 ? `, ${root.value.v3}` : ''
  if (v3.value) return ok(`on${version}; reports use it`)
  const { error } = v3
  const useV2 = 'Reports use API v2, which is slower.'
  // A wrapper may know v2 alone, and says so in words of its own.
  if (error instanceof EndpointMissing || error instanceof CfUnusable) {
    if (v2?.value) return warning(`No events on API v3${version}.`, useV2)
  }
  if (error instanceof EndpointMissing) {
    return problem(
      `No events on API v3${version}: it answers ${error.message || 'nothing'}.`,
      'Ask the operators whether this foundation has audit events.',
      exitCodes.failed,
    )
  }
  if (error instanceof BadRequest && v2?.value) {
    return problem(`API v3${version} is too old for reports.`, 'Use --api v2.', exitCodes.failed)
  }
  return problemOf(error)
}

export const checkV2: CheckFn = (facts, done) => {
  const stop = skippedBecause(done, 'api')
  if (stop !== undefined) return stop
  const { root, v2, v3, versionInfo } = facts
  const isListed = !root?.value || root.value.v2 !== undefined
  if (!isListed || v2?.error instanceof EndpointMissing) {
    if (versionInfo?.value?.version[0] === 6) {
      return warning(
        'Off, and cf v6 needs it for cf target.',
        'Name the org in each report, or update cf to v8.',
      )
    }
    const what = v3?.value ? 'off, and not needed' : 'off'
    return ok(`${what}. Scripts that use /v2/events fail here.`)
  }
  if (v2 === undefined) return skippedBecause(done, 'session') ?? needs('session')
  if (v2.value) {
    const version = root?.value?.v2 ? `, ${root.value.v2}` : ''
    return ok(`on${version}. While API v2 is on, an admin can delete events.`)
  }
  if (v2.error instanceof Forbidden) return ok('on, but not for your roles; v3 works')
  return v3?.value ? warning(v2.error.message, `Reports use v3. ${v2.error.advice}`) : problemOf(v2.error)
}

// The lines about what can be seen, how far back, and by which clock.

/** The events of the API that answered. */
const eventsIn = ({ v3, v2 }: Facts): Events | undefined => v3?.value ?? v2?.value

export const checkVisibility: CheckFn = (facts, done) => {
  const { visibility, org } = facts
  const stop = skippedBecause(done, 'session', ...needed(org))
  if (stop !== undefined || visibility === undefined) return stop ?? needs('session')
  const where = org?.name ?? 'any org'
  const user = userIn(facts)
  const total = eventsIn(facts)?.total ?? 0
  const getRole = (isManager: boolean) =>
    org !== undefined && user !== undefined
      ? howToGetAccess(user, org.name, isManager)
      : 'Ask an Org Manager for the Org Auditor role.'
  switch (visibility.sees) {
    case 'all':
      return ok(`You see every event of ${org?.name ?? 'every org'}.`)
    case 'some':
      if (org === undefined) return ok(`You see events of ${visibleParts(visibility)} only.`)
      return warning(
        `You see only a part of ${where}: ${visibleParts(visibility)}.`,
        `For the rest you need Org Auditor. ${getRole(false)}`,
      )
    case 'none':
      if (total > 0) {
        return warning(
          `You see ${plural(total, 'event')} of ${where}, but none of your roles allows it.`,
          `Unless you are a global auditor, do not assume that these are all. ${getRole(false)}`,
        )
      }
      return problem(
        `You cannot see the events of ${where}: Cloud Foundry answers with an empty list.`,
        getRole(visibility.isManager),
        exitCodes.refused,
      )
    case 'unknown': {
      const finding = `Could not look up which events of ${where} your roles show: ${visibility.why}`
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

export const checkOldestEvent: CheckFn = (facts, done) => {
  const { org, now } = facts
  const stop = skippedBecause(done, 'session', ...needed(org), 'visibility')
  const events = eventsIn(facts)
  if (stop !== undefined || events === undefined)
    return stop ?? skippedBecause(done, 'api-v3') ?? needs('api-v3')
  const of = org === undefined ? 'any org' : org.name
  if (events.oldest === undefined) return ok(`none: you see no events of ${of}`)
  const { time, type, targetGuid } = events.oldest
  const days = Math.floor((now - Date.parse(time)) / day)
  const age = `${time}, ${plural(days, 'day')} ago, the oldest of ${plural(events.total, 'event')}`
  if (days > keptDays + 1)
    return ok(`${age}: Cloud Foundry keeps events for longer than the default of ${keptDays} days`)
  if (days >= keptDays - 1) return ok(`${age}; the default is ${keptDays} days`)
  const isCreation = type === 'audit.organization.create' && targetGuid === org?.guid.value
  if (isCreation) return ok(`${age}: the creation of the org`)
  return warning(
    `${age}. There is no way to know whether older events existed.`,
    `Reports cannot go further back. To keep more, export at least every ${plural(Math.max(1, days), 'day')}.`,
  )
}

const tolerable = 30_000

export const checkClock: CheckFn = ({ clock }, done) => {
  const stop = skippedBecause(done, 'api')
  if (stop !== undefined) return stop
  if (clock === undefined) {
    return { status: 'skipped', finding: 'Skipped: the responses have no headers.' }
  }
  const off = Math.abs(clock.aheadMs)
  if (off - clock.toleranceMs <= tolerable) {
    return ok(
      off <= clock.toleranceMs + 1000 ? 'matches Cloud Foundry' : `${durationText(off)} off, which is fine`,
    )
  }
  return warning(
    `This machine is ${durationText(off)} ${clock.aheadMs > 0 ? 'behind' : 'ahead of'} Cloud Foundry: --since 7d and the like are off by the same amount.`,
    'Set the clock, or use times with a zone in --since and --until.',
  )
}

function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return plural(seconds, 'second')
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? plural(minutes, 'minute') : plural(Math.round(minutes / 60), 'hour')
}
