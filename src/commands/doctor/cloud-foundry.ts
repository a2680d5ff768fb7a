import { BadQuestion, NotServed } from '../../capi/ask.ts'
import { type AuditError, CfUnusable, exitCodes, LoggedOut, Refused } from '../../errors.ts'
import { grantLine } from '../empty.ts'
import type { Grantee } from '../sight.ts'
import { blocked, type Finding, type Look, needs, ok, problem, problemOf, warning } from './check.ts'
import type { Facts } from './facts.ts'

// The lines about the API, the login and the org.

/** The name of the user, or the id of the client. */
export function userIn({ target, login }: Facts): Grantee | undefined {
  const user = target?.value?.user ?? login?.user
  return user === undefined ? undefined : { user, isClient: login?.user === user && login.isClient }
}

const answersEvents = ({ v3, v2 }: Facts) => (v3?.value ?? v2?.value) !== undefined

export const lookAtApi: Look = (facts, done) => {
  const stop = blocked(done, 'cf', 'cf-version', 'trace')
  const { root, target, settings } = facts
  if (stop !== undefined || root === undefined) return stop ?? needs('cf-version')
  const url = (target?.value?.api ?? settings?.api) || 'The API'
  if (root.error !== undefined) return lookAtSilentApi(facts, root.error, url)
  if (settings?.skipsCertificates && url.startsWith('https:')) {
    return warning(
      `${url} answers, but its certificate is not checked: somebody in between could alter what you audit.`,
      'Have its certificate authority added to this machine, then cf login without --skip-ssl-validation.',
    )
  }
  return ok(`${url} answers`)
}

function lookAtSilentApi(facts: Facts, error: AuditError, url: string): Finding {
  if (error instanceof LoggedOut) return needs(facts.target?.value ? 'session' : 'user')
  if (facts.session?.value || answersEvents(facts)) {
    return warning(
      'What it is cannot be asked of this wrapper; events can.',
      'Name the Cloud Foundry CLI itself with --cf PATH to look further.',
    )
  }
  if (!(error instanceof NotServed)) return problemOf(error)
  return problem(
    `${url} is no Cloud Foundry API: it answers ${error.message}.`,
    'Check the address with cf api.',
    exitCodes.failed,
  )
}

export const lookAtUser: Look = (facts, done) => {
  const stop = blocked(done, 'cf', 'cf-version', 'trace')
  const { target, root, settings } = facts
  if (stop !== undefined || target === undefined) return stop ?? needs('cf-version')
  if (target.value) return ok(`${target.value.user} (login in ${settings?.file})`)
  const { error } = target
  if (error instanceof LoggedOut) return problemOf(error)
  // v6 and v7 ask the API even here, and what is wrong with it stands on its own line.
  if (done.get('api')?.status === 'problem') return needs('api')
  if (facts.login) return ok(`${facts.login.user} (login in ${settings?.file})`)
  if (root?.value || answersEvents(facts)) {
    return warning(
      `cf does not tell who you are: ${error.message}`,
      'Without that, nobody can look up what your roles show.',
    )
  }
  return problemOf(error)
}

export const lookAtSession: Look = (facts, done) => {
  const { session, root } = facts
  const over = [root?.error, session?.error].find(error => error instanceof LoggedOut)
  const stop = blocked(done, 'cf', 'cf-version', 'trace', 'user')
  if (stop !== undefined) return stop
  if (over !== undefined) return problemOf(over)
  const noApi = blocked(done, 'api')
  if (noApi !== undefined || session === undefined) return noApi ?? needs('api')
  if (session.value) {
    const { orgs } = session.value
    if (orgs !== 0) return ok(orgs === undefined ? 'alive' : `alive; you can see ${count(orgs, 'org')}`)
    return warning(
      'Alive, but Cloud Foundry shows you no org.',
      `Ask an Org Manager to run: ${grantLine(userIn(facts) ?? { user: 'USER' }, 'ORG')}`,
    )
  }
  return answersEvents(facts) ? ok('alive: events are answered') : problemOf(session.error)
}

export const lookAtOrg: Look = ({ org, target }, done) => {
  const stop = blocked(done, 'session')
  if (stop !== undefined) return stop
  if (org === undefined) {
    return {
      status: 'skipped',
      finding: `No org is named, and cf ${target?.value ? 'has none targeted' : 'does not tell which one is targeted'}.`,
      advice: `Name one (cf-audit doctor ORG)${target?.value ? ', or run cf target -o ORG' : '; reports need it, too'}.`,
    }
  }
  if (org.guid.error) return problemOf(org.guid.error)
  const isTargeted = target?.value?.org === org.name
  return ok(`${org.name}${isTargeted ? ', targeted' : ''} (${org.guid.value})`)
}

export const lookAtV3: Look = ({ v3, v2, root }, done) => {
  const stop = blocked(done, 'api', 'session')
  if (stop !== undefined || v3 === undefined) return stop ?? needs('session')
  const version = root?.value?.v3 ? `, ${root.value.v3}` : ''
  if (v3.value) return ok(`on${version}: reports are read through it`)
  const { error } = v3
  const useV2 = 'Reports are read through API v2, in smaller pages and so more slowly.'
  // A wrapper may know v2 alone, and says so in words of its own.
  if (error instanceof NotServed || error instanceof CfUnusable) {
    if (v2?.value) return warning(`No events on API v3${version}.`, useV2)
  }
  if (error instanceof NotServed) {
    return problem(
      `No events on API v3${version}: it answers ${error.message || 'nothing'}.`,
      'Ask the operators whether this foundation has audit events.',
      exitCodes.failed,
    )
  }
  if (error instanceof BadQuestion && v2?.value) {
    return problem(
      `API v3${version} is too old for the questions of a report.`,
      'Use --api v2.',
      exitCodes.failed,
    )
  }
  return problemOf(error)
}

export const lookAtV2: Look = (facts, done) => {
  const stop = blocked(done, 'api')
  if (stop !== undefined) return stop
  const { root, v2, v3, installation } = facts
  const isListed = !root?.value || root.value.v2 !== undefined
  if (!isListed || v2?.error instanceof NotServed) {
    if (installation?.value?.version[0] === 6) {
      return warning(
        'Off, and cf v6 needs it to tell which org is targeted.',
        'Name the org in each report, or update cf to v8.',
      )
    }
    const what = v3?.value ? 'off, and not needed' : 'off'
    return ok(`${what}. What was written for it (cf curl /v2/events) fails here.`)
  }
  if (v2 === undefined) return blocked(done, 'session') ?? needs('session')
  if (v2.value) {
    const version = root?.value?.v2 ? `, ${root.value.v2}` : ''
    return ok(`on${version}. While it is, an admin can delete events through it.`)
  }
  if (v2.error instanceof Refused) return ok('on, but closed to your roles; v3 is not')
  return v3?.value ? warning(v2.error.message, `Reports use v3. ${v2.error.advice}`) : problemOf(v2.error)
}

export const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`
