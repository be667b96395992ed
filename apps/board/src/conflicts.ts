import type { Conflict, ConflictCandidate, ReadValue } from 'meldwork'
import { textOf } from './values.js'

/** One of the texts of which one is to stay. */
export interface Offer {
  readonly text: string
  /** Who wrote it and when, for people. */
  readonly by?: string | undefined
}

/** What is offered where several texts are there and nobody knows whose they are. */
export const offersOfTexts = (texts: readonly string[]): readonly Offer[] => texts.map(text => ({ text }))

/**
 * The texts of a conflict, each once: the latest first.
 * @param nameOf who has written under a replica id; undefined for somebody who is not known
 * @param nowMs the time, since a day needs no date when it is today
 */
export function offersOf(
  { candidates }: Conflict,
  nameOf: (replica: string) => string | undefined,
  nowMs: number,
): readonly Offer[] {
  return Array.from(byText(candidates), ([text, { visible, replica, timeMs }]) => {
    const by = `${nameOf(replica) ?? 'Somebody'}, ${timeText(timeMs, nowMs)}`
    return { text, by: visible ? `${by}, shown now` : by }
  })
}

/** The value that looks like this. */
export function chosenValue({ candidates }: Conflict, text: string): ReadValue | undefined {
  return byText(candidates).get(text)?.value
}

/** Values that look the same are one to people. */
function byText(candidates: readonly ConflictCandidate[]): Map<string, ConflictCandidate> {
  const found = new Map<string, ConflictCandidate>()
  for (const candidate of candidates) {
    const text = textOf(candidate.value)
    const known = found.get(text)
    if (known === undefined || (candidate.visible && !known.visible)) found.set(text, candidate)
  }
  return found
}

/** A moment, for people: the time of today, the day of others. */
export function timeText(timeMs: number, nowMs: number): string {
  const [time, now] = [new Date(timeMs), new Date(nowMs)]
  const isToday = time.toDateString() === now.toDateString()
  return isToday
    ? time.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
    : time.toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
}
