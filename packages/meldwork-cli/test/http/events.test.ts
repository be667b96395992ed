import fc from 'fast-check'
import { openClone, type Subject } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'
import { expect, test } from 'vitest'
import { cursorText, readCursor } from '../../src/gateway/http/cursor.js'
import { eventText, type StreamEvent } from '../../src/gateway/http/event-text.js'
import { stateEvents } from '../../src/gateway/http/state-events.js'
import { domain } from '../gateway-client.js'
import { EventReader } from './app.js'

test('a cursor is read back from its text', () => {
  const lives = fc.array(fc.constantFrom(...'0123456789abcdef'), { minLength: 16, maxLength: 16 })
  fc.assert(
    fc.property(lives, fc.maxSafeNat(), (digits, ticks) => {
      const cursor = { life: digits.join(''), ticks }
      expect(readCursor(cursorText(cursor))).toEqual(cursor)
    }),
  )
  expect(readCursor('')).toBeUndefined()
})

test.each([
  '1',
  ':1',
  'ab:',
  'ab:1:2',
  'ab:-1',
  'ab:1.5',
  'ab:9999999999999999',
  'xy:1',
  ' ab:1',
  'ab:1\n',
  `${'a'.repeat(40)}:1`,
])('what is no cursor is refused: %j', text => {
  expect(() => readCursor(text)).toThrow(
    expect.objectContaining({ code: 'option-invalid', facts: { option: 'after', expected: expect.any(String) } }),
  )
})

test('whatever an event says, its text is one event', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.jsonValue(), fc.boolean()), { maxLength: 5 }), async values => {
      const events = values.map(
        ([value, hasId], at): StreamEvent => ({
          event: 'update',
          id: hasId ? `ab:${at}` : undefined,
          data: { value: JSON.parse(JSON.stringify(value).replaceAll('-0', '0')) },
        }),
      )
      const text = new TextEncoder().encode(events.map(eventText).join(''))
      const reader = new EventReader(new Blob([text]).stream())
      expect(await reader.take(events.length)).toEqual(events)
      expect(await reader.next()).toBeUndefined()
    }),
  )
})

test.each([0, 1, 99, 100, 101, 350])(
  'a state of %i subjects comes in parts, of which the last has the id',
  async count => {
    const clone = await openClone({ domain, store: new MemoryStore(), genesis: true })
    const subjects: Subject[] = Array.from({ length: count }, (_, at) => ({
      '@id': `s-${at}`,
      name: `Name ${at}`,
      next: { '@id': `s-${at + 1}` },
    }))
    if (count > 0) await clone.write(subjects)
    for await (const gap of clone.follow({ after: undefined })) {
      if (!('@gap' in gap)) throw new Error('no gap')
      const [first, ...parts] = [...stateEvents(gap)]
      expect(JSON.parse(JSON.stringify(first.data))).toEqual({ '@gap': 'first', '@ticks': Math.min(count, 1) })
      expect(parts.length).toBe(Math.ceil(count / 100))
      expect([first, ...parts].map(({ id }) => id)).toEqual([
        ...Array(parts.length).fill(undefined),
        cursorText(gap.cursor),
      ])
      const inserted = parts.flatMap(({ data }) => (data as { '@insert': object[] })['@insert'])
      expect(new Set(inserted.map(each => JSON.stringify(each)))).toEqual(
        new Set(subjects.map(each => JSON.stringify(each))),
      )
      break
    }
    await clone.close()
  },
)

test('lists come as their items, without the slots that these are in; a slot with more to it comes', async () => {
  const clone = await openClone({ domain, store: new MemoryStore(), genesis: true })
  await clone.write({ '@id': 'shopping', '@list': ['Bread', { '@id': 'jam', name: 'Jam' }] })
  await clone.write({
    '@insert': { '@id': '?slot', note: 'first' },
    '@where': { '@id': 'shopping', '@list': { 0: { '@id': '?slot', '@item': 'Bread' } } },
  })
  for await (const gap of clone.follow({ after: undefined })) {
    if (!('@gap' in gap)) throw new Error('no gap')
    const [, state] = [...stateEvents(gap)]
    const inserted = (state.data as { '@insert': Record<string, unknown>[] })['@insert']
    const named = new Map(inserted.map(subject => [subject['@id'], subject]))
    expect(named.get('shopping')).toMatchObject({ '@list': ['Bread', { '@id': 'jam' }] })
    expect(named.get('jam')).toEqual({ '@id': 'jam', name: 'Jam' })
    expect(inserted.filter(({ '@id': id }) => /genid/.test(String(id)))).toMatchObject([{ note: 'first' }])
    expect(inserted.length).toBe(3)
    break
  }
  await clone.close()
})
