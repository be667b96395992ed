// rules: what they cost to writes they are about, and to others; conflicts; and a rule over many subjects. Each figure comes from a process of its own, one
// after the other, so that no situation runs code that another has warmed up.
import { outcome } from '../lib/gateway.mjs'

export const title = 'M2 and M3 under rules, 10,000 conflicts, a unique property of 100,000 subjects'
export const only = ['meldwork']
export const settings = { warm: 0, runs: 1 }

const figures = {
  M2writeMs: 'M2 write',
  M2applyMs: 'M2 apply',
  M3writeMs: 'M3 write',
  M3applyMs: 'M3 apply',
}
const situations = {
  one: '1 rule / none',
  ten: '10 rules / none',
  hundred: '100 rules / none',
  apart: '100 rules on other properties / none',
}
const ratioOf = (figure, situation) => `${figure.slice(0, -2)}${situation}Ratio`

export const measures = {
  ...Object.fromEntries(Object.entries(figures).map(([figure, label]) => [figure, `${label} ms, no rules`])),
  ...Object.fromEntries(
    Object.entries(situations).flatMap(([situation, text]) =>
      Object.entries(figures).map(([figure, label]) => [ratioOf(figure, situation), `${label}, ${text}`]),
    ),
  ),
  mergeMs: '10,000 conflicts: taking in the other, ms',
  mergeRatio: '10,000 conflicts: with the rule / without',
  watchedRatio: '10,000 conflicts: while one subject is watched / unwatched',
  listMs: '10,000 conflicts: listing all, ms',
  findUs: '10,000 conflicts: those of one subject, us',
  resolveUs: '10,000 conflicts: settling each, us',
  tryMs: 'unique of 100,000: trying it, ms',
  declareMs: 'unique of 100,000: declaring it, ms',
  writeUs: 'unique of 100,000: one more, us',
  writeRatio: 'unique of 100,000: one more, with the rule / without',
  openMs: 'unique of 100,000: opening, ms',
  openRatio: 'unique of 100,000: opening, with the rule / without',
}

let round = 0

export async function run(_, entries) {
  const count = entries.length
  const names = ['none', ...Object.keys(situations)]
  const found = {}
  // Another begins each time, so that none has the best place.
  const turn = round++ % names.length
  for (const situation of [...names.slice(turn), ...names.slice(0, turn)])
    found[situation] = await outcome('ruled', { task: 'operations', situation, count, warm: 2, runs: 5 })
  const ratios = Object.keys(situations).flatMap(situation =>
    Object.keys(figures).map(figure => [ratioOf(figure, situation), found[situation][figure] / found.none[figure]]),
  )
  return {
    ...found.none,
    ...Object.fromEntries(ratios),
    ...(await outcome('ruled', { task: 'conflicts', count: 10_000 })),
    ...(await outcome('ruled', { task: 'unique', count: 100_000 })),
  }
}
