import type { Cursor } from 'meldwork'
import { optionInvalid } from '../../errors.js'

/** A cursor as the id of an event: one word, which means nothing to whoever keeps it. */
export function cursorText({ life, ticks }: Cursor): string {
  return `${life}:${ticks}`
}

/**
 * The cursor that a client has kept.
 * @returns undefined for an empty text: there is none yet
 * @throws CodedError `option-invalid`
 */
export function readCursor(text: string): Cursor | undefined {
  if (text === '') return undefined
  const [, life, digits] = /^([0-9a-f]{1,32}):(\d{1,16})$/.exec(text) ?? []
  const ticks = Number(digits)
  if (life === undefined || !Number.isSafeInteger(ticks))
    throw optionInvalid('after', 'the id of an event of this stream, or empty to begin with the state')
  return { life, ticks }
}
