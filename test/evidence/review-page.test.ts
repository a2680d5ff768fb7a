import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readEvent } from '../../src/capi/event.ts'
import type { ReviewRow } from '../../src/evidence/access-review.ts'
import { createReviewPage } from '../../src/evidence/review-page.ts'
import type { Statement } from '../../src/evidence/statement.ts'
import { barChart } from '../../src/output/html.ts'
import { event } from '../foundation/event.ts'
import { v3Resource } from '../foundation/serialise.ts'
import { hasProgram } from '../programs.ts'

const page = suite('the page to print')

const time = '2026-11-25T10:00:00Z'

function statementOf(next = () => 'x', exported = 0): Statement {
  return {
    version: 1,
    columns: 1,
    tool: { name: 'cf-audit', version: next() },
    cf: { version: next() },
    api: { url: next(), version: next(), read_through: 'v3' },
    user: { name: next(), is_client: false },
    command: [next()],
    asked: { from: null, until: null, orgs: [{ name: next(), guid: next() }] },
    read: { started: time, ended: time },
    events: {
      exported: exported,
      counted: exported,
      vanished: 0,
      first: time,
      last: time,
      until: time,
      requests: 1,
      settled: true,
      redacted: 0,
      unredacted: false,
    },
    visibility: { sees: 'some', orgs: [next()], spaces: [next()] },
    retention: { days: 31, kept_since: time },
    roles: { exported: 1, read: time },
    review: { covered_from: time, stale_days: 30 },
    verdict: {
      events: { state: 'partial', reasons: [next()] },
      roles: { state: 'unprovable', reasons: [next()] },
    },
  }
}

/** A page with events of every section, whose names all come from `next`. */
function pageOf(next: () => string, types = sections): string {
  const [spaceGuid, orgGuid] = ['space-guid', 'org-guid']
  const names = { orgs: new Map([[orgGuid, next()]]), spaces: new Map([[spaceGuid, next()]]) }
  const review = createReviewPage()
  for (const type of types) {
    const stored = event({
      type,
      actor: next(),
      actorName: next(),
      actorUsername: next(),
      actee: next(),
      acteeName: next(),
      spaceGuid,
      orgGuid,
      metadata: { request: { name: next() } },
    })
    review.note(readEvent(Buffer.from(JSON.stringify(v3Resource(stored, 'https://api'))), 'v3', 'here'))
  }
  const row: ReviewRow = {
    role: {
      guid: next(),
      value: {},
      record: Buffer.from('{}'),
      type: next(),
      since: time,
      userGuid: next(),
      orgGuid: next(),
      spaceGuid: next(),
    },
    holder: 'user',
    userName: next(),
    origin: next(),
    org: next(),
    space: next(),
    account: 'person',
    isPrivileged: true,
    grant: { guid: next(), time, actor: next(), actorGuid: next() },
    lastSeen: time,
    flags: ['new'],
    change: '',
    changeEvent: undefined,
  }
  return review.html(statementOf(next, types.length), [row], names)
}

const sections = [
  'audit.user.space_developer_add',
  'audit.user.space_developer_remove',
  'audit.service_key.show',
  'audit.app.ssh-authorized',
  'audit.app.delete-request',
]

const markup = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onload='alert(1)",
  '</title><script>alert(1)</script>',
  '</style><link rel=stylesheet href=//evil.example>',
  '</svg></table><iframe src=//evil.example>',
  '<!--',
  '-->',
  ']]>',
  '<?xml ?>',
  '&lt;script&gt;',
  '&#60;script&#62;',
  'javascript:alert(1)',
  '</td></tr>',
  '\u0000<b>',
  '<\u2028script>',
]

/** Every tag that the page has, with the attributes that we write. */
const ours =
  /^<(!DOCTYPE html|html lang="en"|\/?(?:head|title|style|body|h1|h2|p|ul|li|strong|span|table|thead|tbody|tr|th|td|figure|figcaption|section|html)|wbr|\/(?:svg|text)|meta name="viewport" content="width=device-width"|meta charset="utf-8"|meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"|section class="(?:events|signoff)"|span class="(?:complete|partial|unprovable)"|svg viewBox="0 0 680 \d+" role="img" aria-label="[^"<>]*"|text (?:x="\d+" y="\d+"(?: text-anchor="end")?)|rect x="300" y="\d+" width="\d+" height="14"\/)>$/

const outline = (html: string) =>
  html
    .replaceAll('<wbr>', '')
    .match(/<[^>]*>?/g)
    ?.map(tag => tag.replace(/aria-label="[^"]*"/, '')) ?? []

page('obeys no name of Cloud Foundry as markup', () => {
  const text = fc
    .array(fc.oneof(fc.constantFrom(...markup), fc.string({ unit: 'binary', maxLength: 8 })), {
      maxLength: 4,
    })
    .map(parts => parts.join(''))
  fc.assert(
    fc.property(fc.infiniteStream(text), texts => {
      const html = pageOf(() => texts.next().value)
      for (const tag of html.match(/<[^>]*>?/g) ?? []) assert.match(tag, ours)
      const style = /<style>([\s\S]*?)<\/style>/.exec(html)![1]!
      assert.not.match(style, /@import|url\(|expression/)
      assert.is(html.split('<style>').length, 2)
    }),
    { numRuns: 300 },
  )
})

page('obeys no title of a chart, in text or attribute', () => {
  for (const title of markup) {
    for (const tag of barChart(title, [[title, 1]]).match(/<[^>]*>?/g) ?? []) {
      if (tag !== '<title>' && tag !== '</title>') assert.match(tag, ours)
    }
  }
})

page('has the same outline, whatever things are called', () => {
  let number = 0
  const harmless = outline(pageOf(() => `name ${++number}`))
  number = 0
  const hostile = outline(pageOf(() => `${markup[number++ % markup.length]}${number}`))
  assert.equal(
    hostile.map(tag => tag.replace(/\d+/g, '')),
    harmless.map(tag => tag.replace(/\d+/g, '')),
  )
})

page('loads nothing: a policy forbids all but its own styles', () => {
  const html = pageOf(() => 'x')
  assert.match(
    html,
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
  )
  assert.not.match(html, /\b(?:src|href|srcset|action|data|poster)=|<(?:script|link|img|iframe|object)\b/)
  assert.ok(html.indexOf('Content-Security-Policy') < html.indexOf('<title>'))
})

page('has the spaces of several orgs apart, and those of one name in one org together', () => {
  const eventIn = (orgGuid: string, spaceGuid: string) =>
    readEvent(
      Buffer.from(JSON.stringify(v3Resource(event({ orgGuid, spaceGuid }), 'https://api'))),
      'v3',
      'here',
    )
  const names = {
    orgs: new Map([
      ['o1', 'a'],
      ['o2', 'b'],
    ]),
    spaces: new Map(['s1', 's2', 's3'].map(guid => [guid, 'prod'])),
  }
  const bars = (...places: [orgGuid: string, spaceGuid: string][]) => {
    const review = createReviewPage()
    for (const place of places) review.note(eventIn(...place))
    const chart = /Events by space(.*?)<\/figure>/s.exec(review.html(statementOf(), [], names))![1]!
    return [...chart.matchAll(/<title>([^<]*)<\/title><\/text><rect[^>]*\/><text[^>]*>(\d+)</g)].map(
      ([, label, count]) => `${label}: ${count}`,
    )
  }
  assert.equal(bars(['o1', 's1'], ['o1', 's2'], ['o1', '']), ['prod: 2', '(no space): 1'])
  assert.equal(bars(['o1', 's1'], ['o2', 's3'], ['o2', 's3'], ['o2', ''], ['', ''], ['o1', 's4']), [
    'b / prod: 2',
    '(no org): 1',
    'a / prod: 1',
    'a / s4: 1',
    'b / (no space): 1',
  ])
})

page('counts all, and shows the newest 200 of a section', () => {
  const html = pageOf(
    () => 'x',
    Array.from({ length: 250 }, () => 'audit.user.space_developer_add'),
  )
  assert.match(html, '<h2>Privileged roles granted (250)</h2>')
  assert.match(html, '<p>The newest 200; the CSV files and the workbook have all.</p>')
  assert.is(html.split('<td>audit.<wbr>user.<wbr>space_<wbr>developer_<wbr>add</td>').length - 1, 200)
})

if (hasProgram('chromium', 'the page is not opened in a browser')) {
  const chromium = (folder: string, ...args: string[]) =>
    promisify(execFile)(
      'chromium',
      ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${join(folder, 'profile')}`, ...args],
      { maxBuffer: 1 << 26, timeout: 300_000 },
    )

  if (hasProgram('pdftotext', 'the printed page is not measured', ['-v'])) {
    for (const [paper, width] of [
      ['Letter', 612],
      ['A4', 595],
    ] as const) {
      page(`prints on ${paper}, with all text between the margins`, async () => {
        const folder = mkdtempSync(join(tmpdir(), 'page-'))
        try {
          let number = 0
          const html = pageOf(() => `${'W'.repeat(number % 2 === 0 ? 300 : 20)} ${number++}`).replace(
            '@page{',
            `@page{size:${paper};`,
          )
          const file = join(folder, 'review.html')
          const pdf = join(folder, 'review.pdf')
          writeFileSync(file, html)
          await chromium(folder, '--no-pdf-header-footer', `--print-to-pdf=${pdf}`, `file://${file}`)
          const { stdout } = await promisify(execFile)('pdftotext', ['-bbox', pdf, '-'], {
            maxBuffer: 1 << 26,
          })
          const ends = [...stdout.matchAll(/<word .*?xMax="([\d.]+)"/g)].map(([, end]) => Number(end))
          assert.is(Math.round(Number(/<page width="([\d.]+)"/.exec(stdout)![1])), width)
          assert.ok(ends.length > 100)
          // The margin is 15 mm, 42.5 points, and Chromium rounds.
          assert.ok(Math.max(...ends) < width - 41, String(Math.max(...ends)))
        } finally {
          rmSync(folder, { recursive: true, force: true })
        }
      })
    }
  }

  page('runs and loads nothing in a browser, and prints', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'page-'))
    let requests = 0
    const server = createServer((_, answer) => {
      requests++
      answer.end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
      const hostile = [
        `<img src=${url}>`,
        `<script>document.title='obeyed'</script><script src=${url}></script>`,
        `"><iframe src=${url}></iframe>`,
        `</style><link rel=stylesheet href=${url}>`,
        `<body onload="fetch('${url}')">`,
      ]
      let number = 0
      const file = join(folder, 'review.html')
      writeFileSync(
        file,
        pageOf(() => hostile[number++ % hostile.length]!),
      )
      const { stdout: dom } = await chromium(folder, '--dump-dom', `file://${file}`)
      assert.match(dom, '<h1>Audit evidence: ')
      assert.not.match(dom, /<(?:script|img|iframe|link)\b/)
      assert.match(dom, '&lt;img src=')
      assert.not.match(dom, '<title>obeyed')
      const pdf = join(folder, 'review.pdf')
      await chromium(folder, `--print-to-pdf=${pdf}`, `file://${file}`)
      assert.match(readFileSync(pdf, 'latin1'), /^%PDF-/)
      assert.is(requests, 0)
    } finally {
      server.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })
}

page.run()
