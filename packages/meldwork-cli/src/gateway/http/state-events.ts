import type { Gap, GraphSubject } from 'meldwork'
import { cursorText } from './cursor.js'
import type { StreamEvent } from './event-text.js'

/** How many subjects are told in one event. */
const subjectsInEvent = 100

/** What only the slot of a list has: it comes with its list. */
const slotProperties: ReadonlySet<string> = new Set(['http://m-ld.org/#position', 'http://json-rql.org/#item'])

/**
 * The events for updates that are missing: one that says so, and the state to which they led, subject by subject. The last of them has the id, so that whoever is cut off before
 * starts over again. To be read while the gap is at hand.
 */
export function* stateEvents(gap: Gap): IterableIterator<StreamEvent> {
  const ticks = gap['@ticks']
  const id = cursorText(gap.cursor)
  const part = (subjects: readonly GraphSubject[], id?: string): StreamEvent => ({
    event: 'state',
    id,
    data: { '@delete': [], '@insert': subjects, '@update': [], '@ticks': ticks },
  })
  const subjects = subjectsOf(gap)
  let next = subjects.next()
  yield { event: 'gap', id: next.done ? id : undefined, data: gap }
  let gathered: GraphSubject[] = []
  while (!next.done) {
    gathered.push(next.value)
    next = subjects.next()
    if (gathered.length < subjectsInEvent && !next.done) continue
    yield part(gathered, next.done ? id : undefined)
    gathered = []
  }
}

/** Every subject of the state, but for the slots of lists. */
function* subjectsOf(gap: Gap): Generator<GraphSubject, undefined> {
  let current: string | undefined
  let isSlot = true
  const taken = () => (current === undefined || isSlot ? undefined : gap.get(current))
  // Triples come subject by subject.
  for (const { subject, predicate } of gap.quads()) {
    if (subject.value !== current) {
      const before = taken()
      if (before !== undefined) yield before
      current = subject.value
      isSlot = true
    }
    if (!slotProperties.has(predicate.value)) isSlot = false
  }
  const last = taken()
  if (last !== undefined) yield last
  return undefined
}
