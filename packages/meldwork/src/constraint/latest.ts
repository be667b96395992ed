import { compareBytes } from '../causality/index.js'
import type { PropertyId } from '../rdf/index.js'
import { byValue } from './order.js'
import { type Candidate, everything, type Scope, type SetRule } from './rule.js'

/** Which of two was written later: by hybrid time, then replica id, then counter. */
export const compareTimes = (a: Candidate, b: Candidate): number =>
  a.time - b.time || compareBytes(a.replica, b.replica) || a.counter - b.counter

/** Of several values of a property, the one written last is visible. */
export function latest(name: string, property: PropertyId, scope: Scope = everything): SetRule {
  return {
    stratum: 'set',
    name,
    scope,
    property,
    keepsOne: true,
    hides(candidates, terms) {
      let winner = candidates[0]
      // Where a replica id forked, one dot may have several values.
      for (const candidate of candidates)
        if ((compareTimes(candidate, winner) || byValue(candidate.value, winner.value, terms)) > 0) winner = candidate
      return candidates.flatMap(({ value }) => (value === winner.value ? [] : [value]))
    },
  }
}

/**
 * The rules that every engine has: a slot of a list has one position and one item. So a slot that was moved concurrently ends in one of
 * the places, on every clone in the same.
 * @param position the property of a slot that has its position
 * @param item the property that has its item
 */
export const listRules = (position: PropertyId, item: PropertyId): readonly SetRule[] => [
  latest('the position of a slot is the latest', position),
  latest('the item of a slot is the latest', item),
]
