import type { Cursor } from '../transaction/index.js'
import { invalid } from './options.js'
import type { After } from './replay.js'

/** From where on to follow. */
export interface FollowOptions {
  /** A cursor, ticks of this store, or, before there is any, nothing. */
  readonly after: Cursor | number | null | undefined
}

/** @throws CodedError `option-invalid`: it comes from where the app keeps it */
export function checkAfter({ after }: FollowOptions): After {
  if (after === undefined || after === null) return undefined
  const ticks = typeof after === 'object' ? after.ticks : after
  if (Number.isSafeInteger(ticks) && ticks >= 0 && (typeof after === 'number' || typeof after.life === 'string'))
    return typeof after === 'number' ? after : { life: after.life, ticks }
  return invalid('after', 'the cursor of an update, { life, ticks }, or ticks: a whole number from 0')
}
