// A process of its own: M2 and M3 under some rules; or what conflicts cost; or what a rule over many subjects costs. Says so.
import { openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'
import { objects } from '../lib/data.mjs'
import { check, collect, now, summary } from '../lib/measure.mjs'
import * as peer from '../peers/meldwork.mjs'
import * as M2 from '../workloads/M2.mjs'
import * as M3 from '../workloads/M3.mjs'

const single = property => ({ '@type': 'single-valued', property })
const properties = ['name', 'count', 'score', 'active', 'next']

/** Ten of all kinds, as an app would have them on what it writes. */
const ten = [
  ...properties.map(single),
  { '@type': 'in', property: 'active', values: [true, false] },
  { '@type': 'unique', property: 'name' },
  { '@type': 'required', property: 'name', subjectsOf: 'count' },
  { '@type': 'required', property: 'count', subjectsOf: 'name' },
  { '@type': 'max-count', property: 'score', count: 3 },
]
const more = (count, property) =>
  Array.from({ length: count }, (_, i) => ({ '@type': 'max-count', property: property(i), count: 4 + i }))

const rules = {
  none: [],
  one: [single('name')],
  ten,
  hundred: [...ten, ...more(90, i => properties[i % properties.length])],
  apart: more(100, i => `other${i}`),
}

/** Least milliseconds of writing and of applying: what else the machine does only adds to them, and ratios shall compare what the rules cost. */
async function operations({ situation, count, warm, runs }) {
  const constraints = rules[situation]
  const ruled = {
    ...peer,
    create: (onMessage, options) => peer.create(onMessage, { ...options, constraints }),
    load: (bytes, onMessage) => peer.load(bytes, onMessage, { constraints }),
  }
  const entries = objects(count)
  const alive = await ruled.create()
  await alive.putAll(objects(50))
  const figures = {}
  for (const [name, workload] of Object.entries({ M2, M3 })) {
    const results = []
    for (let run = 0; run < warm + runs; run++) {
      collect()
      const result = await workload.run(ruled, entries)
      if (run >= warm) results.push(result)
    }
    for (const measure of ['writeMs', 'applyMs'])
      figures[name + measure] = summary(results.map(result => result[measure])).least
  }
  check(alive.clone.rules.inForce.length === constraints.length, 'the rules are in force')
  return figures
}

/** Two clones have written one property of each of `count` subjects apart: one takes in what the other wrote. */
async function conflicts({ count }) {
  const merged = async (constraints, filter) => {
    const messages = []
    const one = await peer.create(() => {}, { constraints })
    const two = await peer.create(message => messages.push(message), { constraints })
    await one.putAll(Array.from({ length: count }, (_, i) => [`obj${i}`, { name: `Mine ${i}`, next: 'obj0' }]))
    await one.settled()
    for (let i = 0; i < count; i++) await two.clone.write({ '@id': `obj${i}`, name: `Yours ${i}` })
    await two.settled()
    let told = 0
    if (filter) one.clone.watchConflicts(found => (told += found.length), filter)
    collect()
    const start = now()
    for (const message of messages) one.apply(message)
    await one.settled()
    const ms = now() - start
    if (filter) check(told > 0, 'who watches has been told')
    await two.close()
    return { one, ms }
  }
  const constraints = [single('name')]
  for (const warm of [[], constraints]) await (await merged(warm)).one.close()
  const none = await merged([])
  await none.one.close()
  const watched = await merged(constraints, { subject: 'obj1' })
  await watched.one.close()
  const { one, ms } = await merged(constraints)
  collect()
  const start = now()
  const found = one.clone.conflicts()
  const listMs = now() - start
  check(found.length === count, `${found.length} conflicts`)
  const asking = now()
  for (let i = 0; i < 1000; i++) check(one.clone.conflicts({ subject: `obj${i}` }).length === 1, 'each is found')
  const findUs = now() - asking
  const settling = now()
  for (const conflict of found) one.clone.resolve(conflict, conflict.candidates[1].value)
  await one.settled()
  const resolveUs = ((now() - settling) / count) * 1000
  check(one.clone.conflicts().length === 0, 'all are settled')
  return { mergeMs: ms, mergeRatio: ms / none.ms, watchedRatio: watched.ms / ms, listMs, findUs, resolveUs }
}

/** A key of each of `count` subjects. */
async function unique({ count }) {
  const store = new MemoryStore()
  const open = constraints => openClone({ domain: 'bench.example', store, genesis: true, constraints })
  const rule = { '@type': 'unique', property: 'name' }
  const row = i => ({ '@id': `obj${i}`, name: `Name ${i}`, count: i })
  const opened = async constraints => {
    collect()
    const start = now()
    const clone = await open(constraints)
    const ms = now() - start
    check(clone.get(`obj${count - 1}`, 'name').name === `Name ${count - 1}`, 'it is there')
    return { clone, ms }
  }
  let clone = await open([])
  for (let at = 0; at < count; at += 1000)
    await clone.write({ '@graph': Array.from({ length: 1000 }, (_, i) => row(at + i)) })
  let next = count
  const eachUs = async () => {
    const writes = 2000
    for (let i = 0; i < writes; i++) await clone.write(row(next++))
    const start = now()
    for (let i = 0; i < writes; i++) await clone.write(row(next++))
    return ((now() - start) / writes) * 1000
  }
  const plainUs = await eachUs()
  const trying = now()
  check((await clone.declare(rule, { dryRun: true })).conflicts.length === 0, 'nothing is hidden')
  const tryMs = now() - trying
  const declaring = now()
  const { id } = await clone.declare(rule)
  const declareMs = now() - declaring
  const writeUs = await eachUs()
  const refused = await clone.write({ '@id': 'late', name: 'Name 7' }).catch(({ code }) => code)
  check(refused === 'constraint-violated', 'a name is taken')
  await clone.delete(id)
  await clone.close()
  const bare = await opened([])
  await bare.clone.close()
  const ruled = await opened([rule])
  clone = ruled.clone
  await clone.close()
  return { tryMs, declareMs, writeUs, writeRatio: writeUs / plainUs, openMs: ruled.ms, openRatio: ruled.ms / bare.ms }
}

const { task, ...settings } = JSON.parse(process.argv[2])
const figures = await { operations, conflicts, unique }[task](settings)
process.send(figures, () => process.exit(0))
