// Q: 10,000 subjects of 10 properties, and four questions, to ours, n3, oxigraph and plain maps in turns in the same process.
import { check, collect, memoryBytes, now } from '../lib/measure.mjs'
import { cities, departments, rows } from '../lib/rows.mjs'

export const title =
  '10,000 subjects of 10 properties: loaded, with all indexes, and asked; n3, oxigraph and plain maps in the same process'
export const only = ['meldwork']
export const settings = { runs: 3 }
const questions = ['subj', 'po', 'join', 'link']
const engines = await Promise.all(
  ['meldwork', 'n3', 'oxigraph', 'ref-map'].map(name => import(`../engines/${name}.mjs`)),
)
const others = engines.slice(1)
const labels = {
  ...Object.fromEntries(questions.map(name => [name, [`${name}Us`, `${name} us`]])),
  load: ['loadMs', 'load ms, with its indexes'],
  memory: ['memoryMB', 'memory MB, with its indexes'],
}
const ratioOf = (figure, { name }) => `${figure}${name === 'n3' ? 'Ratio' : name}`
export const measures = Object.fromEntries(
  Object.entries(labels).flatMap(([figure, [key, label]]) => [
    [key, label],
    ...others.map(engine => [ratioOf(figure, engine), `${figure} / ${engine.name}`]),
  ]),
)

/** One of each stays, so that V8 keeps its optimised code. */
const alive = await Promise.all(engines.map(({ load }) => load(rows(200))))
/** What is in WebAssembly: its memory never shrinks, so it is loaded once. */
const kept = new Map()

async function loading(engine, all, asked) {
  const before = memoryBytes()
  const start = now()
  const store = await engine.load(all)
  // The first of each kind makes the index it needs.
  for (const name of questions) store[name](asked[name][0])
  const ms = now() - start
  return { engine, store, load: ms, memory: memoryBytes() - before }
}

export async function run(_, entries) {
  const all = rows(entries.length)
  const asked = { subj: all.slice(0, 1000).map(row => row['@id']), po: cities, join: departments, link: cities }
  const loaded = []
  for (const engine of engines) {
    const found = kept.get(engine) ?? (await loading(engine, all, asked))
    if (engine.name === 'oxigraph') kept.set(engine, found)
    loaded.push({ ...found, found: {} })
  }
  check(alive.length === loaded.length, 'all are there')
  collect()
  const time = (answer, inputs) => {
    const start = now()
    let found = 0
    for (const input of inputs) found += answer(input)
    return { us: ((now() - start) / inputs.length) * 1000, found }
  }
  // The least of five: what else the machine does only adds, to whomever it hits; and the collection just before has made V8 forget some of what it had optimised.
  for (let round = 0; round < 5; round++)
    for (const name of questions)
      for (const each of loaded) {
        const { us, found } = time(each.store[name], asked[name])
        each[name] = Math.min(each[name] ?? us, us)
        each.found[name] = found
      }
  const [mine, ...rest] = loaded
  const figures = { loadMs: mine.load, memoryMB: mine.memory / 1e6 }
  for (const name of questions) figures[`${name}Us`] = mine[name]
  for (const other of rest)
    for (const figure of Object.keys(labels)) figures[ratioOf(figure, other.engine)] = mine[figure] / other[figure]
  for (const { engine, found } of rest)
    for (const name of questions)
      check(
        found[name] === mine.found[name] && found[name] > 0,
        `${name}: ${mine.found[name]}, ${engine.name} has ${found[name]}`,
      )
  await mine.store.close()
  return figures
}
