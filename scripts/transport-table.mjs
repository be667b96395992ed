// The table of the acceptance suite of transports: which transport keeps which promise, as the tests have just shown.
//
// `node scripts/transport-table.mjs` prints it from coverage/tests.json, which `npm test` writes; `--write` puts it into docs/messaging.md.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { at } from './run.mjs'

const page = 'docs/messaging.md'
const [begin, end] = ['<!-- table of the suite: npm test -->', '<!-- end of the table -->']
const marks = { passed: '✓', failed: '✗', pending: 'skipped', skipped: 'skipped', todo: 'skipped' }

/** @returns the lines of the table, and whether every transport was there to be tested; undefined when nothing was */
export function transportTable(report) {
  const results = new Map()
  const promises = new Set()
  for (const { assertionResults } of report.testResults ?? [])
    for (const { ancestorTitles, title, status } of assertionResults) {
      const name = ancestorTitles
        .map(each => /^transport suite: (.*?)( \(.* is not installed\))?$/.exec(each))
        .find(Boolean)
      if (name === undefined) continue
      const of = results.get(name[1]) ?? new Map()
      results.set(name[1], of)
      if (name[2] === undefined) {
        of.set(title, marks[status] ?? status)
        promises.add(title)
      }
    }
  if (promises.size === 0) return undefined
  const transports = [...results.keys()].sort()
  const rows = [...promises].map(promise => [promise, ...transports.map(name => results.get(name).get(promise) ?? '–')])
  const lines = [['', ...transports], ['-', ...transports.map(() => ':-:')], ...rows].map(
    cells => `| ${cells.join(' | ')} |`,
  )
  return { lines, isWhole: [...results.values()].every(({ size }) => size > 0) }
}

/** The lines between the marks of the page. */
export function tableOfPage() {
  if (!existsSync(at(page))) return undefined
  const text = readFileSync(at(page), 'utf8')
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  return from < 0 || to < from
    ? undefined
    : text
        .slice(from + begin.length, to)
        .trim()
        .split('\n')
}

if (process.argv[1] === import.meta.filename) {
  const table = transportTable(JSON.parse(readFileSync(at('coverage/tests.json'), 'utf8')))
  if (table === undefined) throw new Error('coverage/tests.json has no test of a transport: run npm test -- tests')
  console.log(table.lines.join('\n'))
  if (process.argv.includes('--write')) {
    const text = readFileSync(at(page), 'utf8')
    const [from, to] = [text.indexOf(begin), text.indexOf(end)]
    if (from < 0 || to < from) throw new Error(`${page} has no place for it: ${begin} ... ${end}`)
    writeFileSync(at(page), `${text.slice(0, from + begin.length)}\n${table.lines.join('\n')}\n${text.slice(to)}`)
  }
}
