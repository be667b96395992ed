// `npm run bench -- guard [--record]`: half a minute, against slipping back. Ours beside json-joy and n3, in the same processes; each ratio beside that in `guard.json`.
import { readFileSync, writeFileSync } from 'node:fs'
import { number, textTable } from './lib/figures.mjs'
import { outcome } from './lib/gateway.mjs'
import { summary } from './lib/measure.mjs'

const file = new URL('guard.json', import.meta.url)
/** How many times as much as recorded fails; of bytes, which are the same on any machine, less. */
const allowed = row => (row.endsWith(' bytes') ? 1.1 : 1.5)
/** How often a row is measured, each time in a new process, before it counts as worse. */
const attempts = 4

/**
 * @param record write what is measured as the ratios to compare with
 * @returns whether no row is too much worse than recorded
 */
export const guard = ({ record = false } = {}) => (record ? recordRatios() : compareRatios())

const measure = wanted => outcome('guarded', { wanted }, ['--single-threaded'])

async function recordRatios() {
  const found = [await measure(), await measure(), await measure()]
  const ratios = Object.keys(found[0]).map(row => {
    const { median } = summary(found.map(each => each[row]))
    return [row, Number(median.toPrecision(3))]
  })
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(ratios), undefined, 2)}\n`)
  console.log(textTable(ratios.map(([row, ratio]) => [row, number(ratio)])))
  return true
}

async function compareRatios() {
  const recorded = JSON.parse(readFileSync(file, 'utf8'))
  const found = await measure()
  const missing = Object.keys(recorded).filter(row => found[row] === undefined)
  if (missing.length > 0)
    throw new Error(`No longer measured: ${missing}. Record anew: npm run bench -- guard --record`)
  const worse = () => Object.keys(recorded).filter(row => found[row] > recorded[row] * allowed(row))
  let left = worse()
  for (let attempt = 1; attempt < attempts && left.length > 0; attempt++) {
    console.log(`once more: ${left.join(', ')}`)
    const again = await measure(left)
    for (const row of left) found[row] = Math.min(found[row], again[row])
    left = worse()
  }
  const state = row => (left.includes(row) ? 'WORSE' : '')
  console.log(
    textTable([
      ['ours / peer', 'recorded', 'found', ''],
      ...Object.keys(recorded).map(row => [row, number(recorded[row]), number(found[row]), state(row)]),
    ]),
  )
  if (left.length > 0)
    console.log(
      `\n${left.join(', ')}: worse than recorded. If it must be so, say why, and: npm run bench -- guard --record`,
    )
  console.log(`\n${Object.keys(recorded).length} ratios, ${left.length} worse than recorded`)
  return left.length === 0
}
