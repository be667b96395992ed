/** What the types of cursors and gaps must accept and must refuse. Compiled by `npm test`, never run. */
import type { Clone, Cursor, Gap, Update } from '../../src/index.js'

declare const clone: Clone

const cursor: Cursor = JSON.parse('{}')
const stop: () => void = clone.follow({ after: cursor }, update => {
  const next: Cursor = update.cursor
  const ticks: number = update['@ticks']
  // @ts-expect-error it may be a gap
  update['@insert']
  // @ts-expect-error it may be an update
  update.read({ '@describe': 'fred' })
  if ('@gap' in update) {
    const gap: Gap = update
    for (const { subject } of gap.quads()) subject.value
    const rows = gap.read({ '@select': '?n', '@where': { '@id': '?s', name: '?n' } })
    rows[0]['?n']
    // @ts-expect-error not asked for
    rows[0]['?m']
    if (update['@gap'] === 'first') return
    // @ts-expect-error no such reason
    if (update['@gap'] === 'never') return
  } else {
    const known: Update = update
    known['@insert'][0]['@id']
  }
  clone.follow({ after: next })
  clone.follow({ after: ticks })
})
stop()
clone.follow({ after: undefined })
clone.follow({ after: null }, () => {})

const updates: AsyncIterableIterator<Update | Gap> = clone.follow({ after: 5 })
// @ts-expect-error there may be gaps
const plain: AsyncIterableIterator<Update> = clone.follow({ after: 5 })
const live: AsyncIterableIterator<Update> = clone.follow()
clone.follow(update => update['@insert'])
// @ts-expect-error a handler of updates is not one of gaps
clone.follow({ after: 5 }, (update: Update) => update)
// @ts-expect-error after what?
clone.follow({})
// @ts-expect-error half a cursor
clone.follow({ after: { ticks: 5 } })
// @ts-expect-error a cursor does not change
cursor.ticks = 5
export const all = [updates, plain, live]
