import { type Api, type Query, v2 } from '../../src/capi/api.ts'
import { getPage } from '../../src/capi/page.ts'
import { Incomplete } from '../../src/errors.ts'
import { epoch, startSecond, timeAt } from './cloud-controller.ts'
import type { Given, Reader } from './simulate.ts'

type Row = Given['rows'][number]

/**
 * The control: the reader that cf-audit had before, without what it did for speed. It pages by offset below a fixed bound,
 * compares the counts of its pages, goes on behind the last row when one differs, and looks at the oldest row and the count
 * in the end. A simulation in which it loses nothing proves nothing.
 */
export const byOffset: Reader = async (client, api, query, { pageSize }) => {
  const ask = async (question: Query, page: number, perPage: number) => {
    const { value } = await getPage(api, question, page, perPage, client)
    return { total: value.total, rows: value.records.map(({ record }) => rowIn(record, api)) }
  }
  const until = [query.until ?? '~', timeAt(startSecond)].sort()[0]!
  const isSettled = Date.parse(until) < epoch + (startSecond - 15) * 1000
  const bounded: Query = { ...query, order: 'time', until }
  const rows = new Map<string, Row>()
  const first = await ask({ ...query, order: 'time' }, 1, pageSize)

  for (let pass = 1; pass <= 3; pass++) {
    const ours = new Map<string, Row>()
    const isOneAnswer = pass === 1 && first.rows.length >= first.total
    let isSteady = true
    let counted: number | undefined
    let total: number | undefined
    let from = query.from
    let pages = 0
    for (let page = 1; ; page++) {
      const answer = pages === 0 && pass === 1 ? first : await ask({ ...bounded, from }, page, pageSize)
      pages++
      counted ??= answer.total
      const last: string | undefined = [...ours.values()].at(-1)?.time
      if (total !== undefined && answer.total !== total) {
        isSteady = false
        if (last !== undefined && last > (from ?? '')) {
          from = last
          total = undefined
          page = 0
          continue
        }
      }
      total = answer.total
      for (const row of answer.rows) {
        if (!isOneAnswer && row.time >= until) continue
        ours.set(row.guid, row)
        if (!rows.has(row.guid)) rows.set(row.guid, row)
      }
      if (answer.rows.length === 0 && page * pageSize < total) isSteady = false
      if (answer.rows.length === 0 || page * pageSize >= total) break
    }
    const given = { rows: [...rows.values()].sort((a, b) => (a.time < b.time ? -1 : 1)), until }
    if (isSteady && ours.size === counted && pages <= (isSettled ? 8 : 1)) return given
    const probe = await ask(bounded, 1, 1)
    const oldest = probe.rows[0]?.time ?? '~'
    const kept = [...ours.values()].filter(({ time }) => time >= oldest && time < until).length
    if (kept === probe.total) return given
  }
  throw new Incomplete('The counts do not agree', '')
}

function rowIn(record: Buffer, api: Api): Row {
  const resource = JSON.parse(record.toString())
  return api === v2
    ? { guid: resource.metadata.guid, time: resource.entity.timestamp }
    : { guid: resource.guid, time: resource.created_at }
}
