import { compareBytes } from '../causality/index.js'
import { list } from '../rdf/index.js'
import type { Candidate, Rule } from './rule.js'

/** Which of two was written later: by hybrid time, then replica id, then counter. */
const compare = (a: Candidate, b: Candidate): number =>
  a.time - b.time || compareBytes(a.replica, b.replica) || a.counter - b.counter

/** Of several values of a property, the one written last is visible. */
export function latest(name: string, property: string): Rule {
  return {
    name,
    property,
    keepsOne: true,
    hides(candidates) {
      let winner = candidates[0]
      for (const candidate of candidates) if (compare(candidate, winner) > 0) winner = candidate
      return candidates.flatMap(({ value }) => (value === winner.value ? [] : [value]))
    },
  }
}

/**
 * The rules that every engine has: a slot of a list has one position and one item. So a slot that was moved concurrently ends in one of
 * the places, on every clone in the same.
 */
export const listRules: readonly Rule[] = [
  latest('the position of a slot is the latest', list.position),
  latest('the item of a slot is the latest', list.item),
]
