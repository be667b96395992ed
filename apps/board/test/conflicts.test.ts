import type { Conflict, ReadValue } from 'meldwork'
import { expect, test } from 'vitest'
import { chosenValue, offersOf, timeText } from '../src/conflicts.js'

const now = new Date(2026, 5, 7, 15, 0).getTime()
const candidate = (value: ReadValue, visible: boolean, replica: string, timeMs = now) => ({
  value,
  visible,
  replica,
  timeMs,
})
const conflict = (...candidates: Conflict['candidates']): Conflict => ({
  subject: 'card',
  property: 'title',
  constraint: { '@type': 'single-valued' },
  winners: [],
  candidates,
  hidesSubject: false,
})
const nameOf = (replica: string) => ({ a: 'Ada', b: 'You' })[replica]

test('each text is offered once, with who wrote it and when; the one that is shown says so', () => {
  const at = timeText(now, now)
  const found = conflict(
    candidate('Green tea', false, 'a'),
    candidate('Black tea', true, 'b'),
    candidate('5', false, 'c'),
    candidate(5, false, 'a'),
  )
  expect(offersOf(found, nameOf, now)).toEqual([
    { text: 'Green tea', by: `Ada, ${at}` },
    { text: 'Black tea', by: `You, ${at}, shown now` },
    { text: '5', by: `Somebody, ${at}` },
  ])
  expect(chosenValue(found, '5')).toBe('5')
  expect(chosenValue(found, 'White tea')).toBeUndefined()
})

test('of values that look the same the one that is shown is meant', () => {
  const found = conflict(candidate('5', false, 'a'), candidate(5, true, 'b'))
  expect(offersOf(found, nameOf, now)).toHaveLength(1)
  expect(chosenValue(found, '5')).toBe(5)
})

test('a moment of today has no date, that of another day no time', () => {
  expect(timeText(now, now)).toMatch(/\d\d:00/)
  expect(timeText(new Date(2025, 5, 7, 15, 0).getTime(), now)).toMatch(/2025/)
})
