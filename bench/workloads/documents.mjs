// documents: a JSON document of 10,000 todos as immutable blocks: what commits, reading, refreshing and opening cost, and how that grows with the document and
// with its history; beside it, automerge saves and loads the same document with the same changes.
import * as automerge from '@automerge/automerge'
import { MemoryBlocks } from 'meldwork/blocks/memory'
import { Replica } from 'meldwork/document'
import { check, collect, now } from '../lib/measure.mjs'

export const title =
  'a JSON document of n = 10,000 todos, 2n and 4n, kept as blocks in memory; n with 1,000 to 4,000 commits of one todo each; automerge beside it'
export const only = ['meldwork']
export const settings = { warm: 1, runs: 1 }

const sizes = [
  ['n', 1],
  ['2n', 2],
  ['4n', 4],
]
const commits = 1_000
const grown = (name, what) => Object.fromEntries(sizes.map(([size]) => [`${name}${size}`, `${what}, ${size}`]))
export const measures = {
  ...grown('first', 'first commit ms'),
  ...grown('object', 'commit of one todo by updateObject, us'),
  ...grown('document', 'commit of one todo by update(json), ms'),
  ...grown('insert', 'commit of a todo inserted by update(json), ms'),
  ...grown('read', 'read ms'),
  ...grown('refresh', 'refresh after one foreign commit, us'),
  bytes: 'bytes written by a commit of one todo',
  insertBytes: 'bytes written by a commit that inserts one todo',
  historyn: 'open ms, n with 1,000 commits',
  history2n: 'open ms, n with 2,000 commits',
  history4n: 'open ms, n with 4,000 commits',
  historyBytes: 'bytes with 1,000 commits',
  lateObject: 'after 4,000 commits: commit of one todo, us',
  lateRefresh: 'after 4,000 commits: refresh after one foreign commit, us',
  automergeChangeUs: 'automerge: change one todo, us',
  automergeSaveMs: 'automerge: save ms',
  automergeLoadMs: 'automerge: load ms',
  automergeBytes: 'automerge: bytes',
  objectRatio: 'commit of one todo, 4n / n',
  refreshRatio: 'refresh, 4n / n',
  historyRatio: 'open with 4,000 commits / with 1,000',
  lateRatio: 'commit of one todo, after 4,000 commits / after none',
  openRatio: 'open / automerge load',
}
const todo = (i, done = false) => ({
  _id: `todo_${i}`,
  title: `Todo number ${i}`,
  description: `What is to be done about ${(i * 7919) % 10_007}`,
  done,
  priority: i % 5,
})
const documentOf = count => ({ software: 'MeldaDo', 'items♭': Array.from({ length: count }, (_, i) => todo(i)) })
/** The todo that the n-th commit changes, and what it says then. */
const changed = (n, count) => {
  const { _id, ...rest } = todo((n * 7) % count, true)
  return [_id, { ...rest, title: `Changed ${n}` }]
}

const median = values => values.sort((a, b) => a - b)[values.length >> 1]
const bytesOf = files => [...files.values()].reduce((sum, { length }) => sum + length, 0)

export async function run(_, entries) {
  const figures = {}
  for (const [size, factor] of sizes)
    Object.assign(figures, await document(size, entries.length * factor, factor === 1))
  await history(figures, entries.length)
  Object.assign(figures, automergeOf(entries.length))
  figures.objectRatio = figures.object4n / figures.objectn
  figures.refreshRatio = figures.refresh4n / figures.refreshn
  figures.lateRatio = figures.lateObject / figures.objectn
  figures.openRatio = figures.historyn / figures.automergeLoadMs
  return figures
}

async function document(size, count, countsBytes) {
  const files = new Map()
  const replica = await Replica.open(new MemoryBlocks(files))
  const other = await Replica.open(new MemoryBlocks(files))
  const first = documentOf(count)
  collect()
  const t0 = now()
  replica.update(first)
  await replica.commit({ author: 'Alice' })
  const figures = { [`first${size}`]: now() - t0 }
  await other.refresh()
  const before = bytesOf(files)
  const { commit, refresh } = await singleCommits(replica, other, count)
  if (countsBytes) figures.bytes = (bytesOf(files) - before) / 300
  figures[`object${size}`] = commit
  figures[`refresh${size}`] = refresh
  const [read, whole, insert] = [[], [], []]
  let inserted = 0
  for (let n = 0; n < 7; n++) {
    const t1 = now()
    const seen = other.read()
    read.push(now() - t1)
    check(seen['items♭'].length === count + n, 'the number of todos')
    seen['items♭'][n].title = `Document ${n}`
    const t2 = now()
    replica.update(seen)
    await replica.commit({ author: 'Alice' })
    whole.push(now() - t2)
    seen['items♭'].splice((n * 4001) % count, 0, todo(count + n))
    const size1 = bytesOf(files)
    const t3 = now()
    replica.update(seen)
    await replica.commit({ author: 'Alice' })
    insert.push(now() - t3)
    inserted += bytesOf(files) - size1
    await other.refresh()
  }
  if (countsBytes) figures.insertBytes = inserted / 7
  check(other.readText() === replica.readText(), 'the document after a refresh')
  for (const each of [replica, other]) await each.close()
  return {
    ...figures,
    [`read${size}`]: median(read),
    [`document${size}`]: median(whole),
    [`insert${size}`]: median(insert),
  }
}

/** Opening a document of the same size, with more and more commits. */
async function history(figures, count) {
  const files = new Map()
  const replica = await Replica.open(new MemoryBlocks(files))
  replica.update(documentOf(count))
  await replica.commit({ author: 'Alice' })
  const open = async () => {
    const times = []
    for (let i = 0; i < 3; i++) {
      collect()
      const t0 = now()
      const opened = await Replica.open(new MemoryBlocks(files))
      times.push(now() - t0)
      check(opened.winner('todo_7') === replica.winner('todo_7'), 'what was opened')
    }
    return median(times)
  }
  let n = 0
  for (const [size, factor] of sizes) {
    for (; n < commits * factor; n++) {
      replica.updateObject(...changed(n, count))
      await replica.commit({ author: 'Alice' })
    }
    figures[`history${size}`] = await open()
    if (factor === 1) figures.historyBytes = bytesOf(files)
  }
  figures.historyRatio = figures.history4n / figures.historyn
  const other = await Replica.open(new MemoryBlocks(files))
  const { commit, refresh } = await singleCommits(replica, other, count)
  figures.lateObject = commit
  figures.lateRefresh = refresh
}

/** Commits of one todo each, and refreshes of another replica after one: medians in microseconds. */
async function singleCommits(replica, other, count) {
  const one = async n => {
    const [id, value] = changed(n, count)
    const t0 = now()
    replica.updateObject(id, { ...value, title: `Single ${n}` })
    await replica.commit({ author: 'Alice' })
    return now() - t0
  }
  const [commit, refresh] = [[], []]
  for (let n = 0; n < 200; n++) commit.push(await one(n))
  await other.refresh()
  for (let n = 200; n < 300; n++) {
    await one(n)
    const t0 = now()
    await other.refresh()
    refresh.push(now() - t0)
  }
  return { commit: median(commit) * 1000, refresh: median(refresh) * 1000 }
}

/** The same in automerge: a change for each commit. */
function automergeOf(count) {
  const { software, 'items♭': items } = documentOf(count)
  let doc = automerge.from({ software, items })
  const t0 = now()
  for (let n = 0; n < commits; n++) {
    const [, { title, done }] = changed(n, count)
    doc = automerge.change(doc, each => Object.assign(each.items[(n * 7) % count], { title, done }))
  }
  const automergeChangeUs = ((now() - t0) / commits) * 1000
  const t1 = now()
  const bytes = automerge.save(doc)
  const t2 = now()
  const loaded = automerge.load(bytes)
  const t3 = now()
  check(loaded.items.length === count && loaded.items[7].title === 'Changed 1', 'what automerge loaded')
  return { automergeChangeUs, automergeSaveMs: t2 - t1, automergeLoadMs: t3 - t2, automergeBytes: bytes.length }
}
