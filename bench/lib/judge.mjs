// Results beside what we want to reach.
import { goals } from '../goals.mjs'
import { number } from './figures.mjs'
import { ours } from './results.mjs'

/** The goals of a workload: for each what it says, the value found, and its state. Without a value: not measured. */
export const judge = (name, results) =>
  goals.filter(({ workload }) => workload === name).map(goal => judged(goal, results))

function judged(goal, results) {
  const { measure, peer, first, later, atLeast = false } = goal
  const value = peer === undefined ? results.median(ours, measure) : results.ratio(peer, measure)
  const meets = bound => (atLeast ? value >= bound : value <= bound)
  const label = goal.label ?? `${goal.workload} ${results.workload.measures[measure]}`
  return { goal, label: peer === undefined ? label : `${label} / ${peer}`, value, state: state() }

  function state() {
    if (value === undefined) return 'not measured'
    if (!meets(first)) return 'missed'
    if (later === undefined) return 'reached'
    return meets(later) ? 'reached then' : 'reached first'
  }
}

export const mustHold = ({ goal, state }) => goal.must !== true || state !== 'missed'

/** Rows of cells for a table, with its head. */
export function goalTable(all) {
  const sign = ({ atLeast }) => (atLeast ? '>= ' : '<= ')
  return [
    ['', 'first', 'then', 'found', ''],
    ...all.map(({ goal, label, value, state }) => [
      label,
      sign(goal) + goal.first,
      goal.later === undefined ? '' : sign(goal) + goal.later,
      number(value),
      state,
    ]),
  ]
}
