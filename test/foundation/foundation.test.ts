import { connect } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { client } from './ask.ts'
import { event } from './event.ts'
import { wrong } from './faults.ts'
import { startFoundation } from './foundation.ts'
import { sampleFoundation } from './sample.ts'

const sample = sampleFoundation({ events: 300, now: new Date('2026-08-02T00:00:00Z') })

const test = suite('The foundation')

test('its clock, its request ids, its cookies, its roots', async () => {
  const api = await startFoundation({ ...sample, now: new Date('2020-02-02T02:02:02Z') })
  const { headers, json } = await client(api, undefined, '/')
  assert.is(headers.get('date'), 'Sun, 02 Feb 2020 02:02:02 GMT')
  assert.match(headers.get('x-vcap-request-id')!, /::/)
  assert.match(headers.get('set-cookie')!, /secret-cookie-1/)
  assert.is(json.links.cloud_controller_v2.meta.version, '2.293.0')
  assert.is((await client(api, undefined, '/v3')).json.links.self.href, `${api.url}/v3`)
  assert.is((await client(api, undefined, '/login')).status, 200)
  await api.close()
})

test('requests are recorded as they were on the wire', async () => {
  const api = await startFoundation(sample)
  await client(api, 'auditor@example.gov', '/v3/audit_events?types=a%252Cb')
  assert.equal(api.requests, [
    { method: 'GET', path: '/v3/audit_events?types=a%252Cb', user: 'auditor@example.gov', status: 200 },
  ])
  await api.close()
})

test('a raw space makes a malformed request line', async () => {
  const api = await startFoundation()
  const { hostname, port } = new URL(api.url)
  const text = await new Promise<string>(resolve => {
    let all = ''
    const socket = connect({ host: hostname, port: Number(port) }, () =>
      socket.write('GET /v2/events?q=type IN a HTTP/1.1\r\nHost: x\r\n\r\n'),
    )
    socket.on('data', chunk => {
      all += chunk
    })
    socket.on('close', () => resolve(all))
  })
  assert.match(text, /^HTTP\/1.1 400 Bad Request/)
  await api.close()
})

test('events come and go while they are read', async () => {
  const api = await startFoundation({
    ...sample,
    events: [
      event({ guid: 'a', timestamp: '2026-08-01T10:00:00Z' }),
      event({ guid: 'b', timestamp: '2026-08-01T11:00:00Z' }),
    ],
    mutate: (state, listing) => {
      if (listing === 2) state.events.add(event({ guid: 'c', timestamp: '2026-08-01T12:00:00Z' }))
      if (listing === 3) state.events.expire(new Date('2026-08-01T10:30:00Z'))
    },
  })
  const read = async () =>
    (await client(api, 'admin@example.gov', '/v3/audit_events')).json.resources
      .map((each: { guid: string }) => each.guid)
      .join('')
  assert.is(await read(), 'ab')
  assert.is(await read(), 'abc')
  assert.is(await read(), 'bc')
  await api.close()
})

test('a row that commits late has an earlier id and an earlier time', async () => {
  const api = await startFoundation({ ...sample, events: [] })
  const { events } = api.state
  const early = events.takeId()
  events.add(event({ guid: 'second', timestamp: '2026-08-01T10:00:05Z' }))
  events.commit(early, event({ guid: 'first', timestamp: '2026-08-01T10:00:01Z' }))
  const { json } = await client(api, 'admin@example.gov', '/v3/audit_events')
  assert.equal(
    json.resources.map((each: { guid: string }) => each.guid),
    ['first', 'second'],
  )
  await api.close()
})

test('faults: on which request, how often, what', async () => {
  const api = await startFoundation({
    ...sample,
    faults: [
      { on: /audit_events/, at: 2, times: 2, answer: wrong.router503() },
      { on: request => request.number === 5, answer: 'empty' },
      { on: /domains/, answer: page => ({ ...page, pagination: { ...page.pagination, total_results: 7 } }) },
    ],
  })
  const read = async (path: string) => client(api, 'auditor@example.gov', path)
  assert.is((await read('/v3/audit_events')).status, 200)
  const down = await read('/v3/audit_events')
  assert.is(down.status, 503)
  assert.is(down.headers.get('x-cf-routererror'), 'no_endpoints')
  assert.is((await read('/v3/audit_events')).status, 503)
  assert.is((await read('/v3/audit_events')).status, 200)
  const empty = await read('/v3/audit_events')
  assert.is(empty.status, 200)
  assert.is(empty.text, '')
  assert.is((await read('/v3/domains')).json.pagination.total_results, 7)
  assert.is((await read('/v3/domains')).json.pagination.total_results, 1)
  await api.close()
})

test('faults of the connection', async () => {
  const api = await startFoundation({
    ...sample,
    faults: [{ answer: 'reset' }, { at: 2, answer: 'cut' }, { at: 3, answer: 'hang' }],
  })
  for (let count = 0; count < 2; count++) {
    try {
      await client(api, 'auditor@example.gov', '/v3/audit_events')
      assert.unreachable()
    } catch (error) {
      assert.match(String(error), /fetch failed|terminated/)
    }
  }
  const waiting = client(api, 'auditor@example.gov', '/v3/audit_events').then(
    () => 'answered',
    () => 'closed',
  )
  while (api.requests.length < 3) await new Promise(resolve => setImmediate(resolve))
  await api.close()
  assert.is(await waiting, 'closed')
})

test('rate limits: general and of v2, with their headers', async () => {
  const now = new Date('2026-08-01T10:00:00Z')
  const api = await startFoundation({ ...sample, now, rateLimit: { general: 2, v2: 1, seconds: 60 } })
  const read = (path: string, user = 'auditor@example.gov') => client(api, user, path)
  const first = await read('/v3/audit_events')
  assert.is(first.headers.get('x-ratelimit-limit'), '2')
  assert.is(first.headers.get('x-ratelimit-reset'), String(now.getTime() / 1000 + 60))
  await read('/v3/audit_events')
  const refused = await read('/v3/audit_events')
  assert.is(refused.status, 429)
  assert.is(refused.headers.get('retry-after'), '60')
  assert.match(refused.headers.get('content-type')!, /^text\/plain/)
  assert.equal(refused.json, {
    errors: [{ detail: 'Rate Limit Exceeded', title: 'CF-RateLimitExceeded', code: 10013 }],
  })
  assert.is((await read('/v3/audit_events', 'admin@example.gov')).headers.get('x-ratelimit-limit'), null)
  assert.is((await read('/v2/events', 'admin@example.gov')).headers.get('x-ratelimit-remaining-v2-api'), '0')
  const second = await read('/v2/events', 'admin@example.gov')
  assert.is(second.status, 429)
  assert.is(second.json.code, 10018)
  await api.close()
})

test('the UAA: refreshes, rotates, fails', async () => {
  const api = await startFoundation({ ...sample, rotateRefreshTokens: true })
  const session = api.login('auditor@example.gov', { expiresIn: -1 })
  const refresh = (token: string) =>
    client(api, undefined, '/oauth/token', {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from('cf:').toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }).toString(),
    })
  const fresh = await refresh(session.refreshToken)
  assert.is(fresh.status, 200)
  const renewed = { ...session, accessToken: fresh.json.access_token }
  assert.is((await client(api, renewed, '/v3/audit_events')).status, 200)
  const again = await refresh(session.refreshToken)
  assert.is(again.status, 401)
  assert.is(again.json.error, 'invalid_token')
  api.uaa.trouble = 500
  assert.is((await refresh(fresh.json.refresh_token)).status, 500)
  api.uaa.trouble = undefined
  assert.is((await refresh(fresh.json.refresh_token)).status, 200)
  assert.is(api.uaa.refreshes, 4)
  await api.close()
})

test.run()
