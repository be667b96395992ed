/** Section D.4 of the format: which deltas are applied and which wait; sections B and C: the values of revisions. */
import { isCharcode } from './a5-hash-field.mjs'
import { sha256 } from './b-digest.mjs'
import { canonical } from './b-json.mjs'
import { Tree } from './c-tree.mjs'
import { compareDeltaIds } from './d2-delta.mjs'
import { unpatch } from './j-generation-a.mjs'

const synthetic = {
  d: new Map([['_deleted', true]]),
  e: new Map(),
  r: new Map([['_resolved', true]]),
}

/** The object of a digest; undefined if no pack has it. */
export const objectOf = (digest, packs) => {
  if (Object.hasOwn(synthetic, digest)) return synthetic[digest]
  if (isCharcode(digest)) return new Map([['#', digest]])
  return packs.map(({ objects }) => objects.get(digest)).find(object => object !== undefined)
}

/** The deltas in an order in which parents come first; what is in a ring or has lost its parent is left out. */
const parentsFirst = deltas => {
  const children = new Map()
  const waiting = new Map(deltas.map(delta => [delta.id, new Set(delta.parents)]))
  for (const { id, parents } of deltas) {
    for (const parent of new Set(parents)) children.set(parent, [...(children.get(parent) ?? []), id])
  }
  const byId = new Map(deltas.map(delta => [delta.id, delta]))
  const sorted = deltas.filter(({ parents }) => parents.length === 0)
  for (const { id } of sorted) {
    for (const child of children.get(id) ?? []) {
      const left = waiting.get(child)
      left.delete(id)
      if (left.size === 0) sorted.push(byId.get(child))
    }
  }
  return sorted
}

/** Why a delta whose parents are applied is not: the check, and what it misses. Only what no other check explains is added. */
const obstacleOf = (delta, packs, index, findings) => {
  const add = (check, what, explained) => {
    if (!explained) findings.add(check, delta.id, what)
    return { reason: check, needs: what }
  }
  for (const id of delta.packs) {
    const pack = packs.find(candidate => candidate.id === id)
    if (!pack?.whole) return add('D.4/missing-pack', id, pack)
  }
  for (const { digest, patchDigest, parent } of delta.records) {
    for (const needed of [
      [patchDigest, digest],
      [parent?.patchDigest, parent?.digest],
    ]) {
      const digests = needed.filter(candidate => candidate !== undefined)
      if (digests.length === 0 || digests.some(candidate => index(candidate) !== undefined)) continue
      const hidden = packs.some(({ lost, objects }) => digests.some(one => lost.has(one) || objects.has(one)))
      return add('D.4/missing-object', digests[0], hidden)
    }
  }
  return undefined
}

/**
 * Applies the deltas that can be applied.
 * @param {import('./findings.mjs').Findings} findings
 */
export const load = (deltas, packs, findings) => {
  const known = new Map()
  const index = digest => {
    if (!known.has(digest)) known.set(digest, objectOf(digest, packs))
    return known.get(digest)
  }
  const applied = new Map()
  const blocked = deltas.filter(({ skipped }) => skipped).map(({ id, skipped }) => ({ id, reason: skipped }))
  const here = deltas.filter(({ skipped }) => !skipped)
  const all = new Set(deltas.map(({ id }) => id))
  for (const delta of parentsFirst(here)) {
    const obstacle = delta.parents.every(id => applied.has(id))
      ? obstacleOf(delta, packs, index, findings)
      : { reason: 'D.4/blocked-parent', needs: delta.parents.find(id => !applied.has(id)) }
    if (obstacle) blocked.push({ id: delta.id, ...obstacle })
    else applied.set(delta.id, delta)
  }
  const told = new Set(blocked.map(({ id }) => id))
  for (const { id, parents } of here) {
    if (applied.has(id) || told.has(id)) continue
    const missing = parents.find(parent => !all.has(parent))
    if (missing !== undefined) findings.add('D.4/missing-parent', id, missing)
    const needs = missing ?? parents.find(parent => !applied.has(parent))
    blocked.push({ id, reason: missing === undefined ? 'D.4/blocked-parent' : 'D.4/missing-parent', needs })
  }
  const ready = [...applied.keys()].sort(compareDeltaIds)
  const referred = new Set([...applied.values()].flatMap(({ parents }) => parents))
  return {
    ready,
    anchors: ready.filter(id => !referred.has(id)),
    blocked: blocked.sort((left, right) => compareDeltaIds(left.id, right.id)),
    trees: treesOf(
      ready.map(id => applied.get(id)),
      findings,
    ),
    objectOf: index,
  }
}

/** The trees of all objects, by id. */
const treesOf = (deltas, findings) => {
  const trees = new Map()
  const records = deltas.flatMap(delta => delta.records.map(record => ({ ...record, delta: delta.id })))
  for (const { id, revision, parent } of records) {
    if (!trees.has(id)) trees.set(id, new Tree())
    trees.get(id).add(revision, parent?.text ?? null)
  }
  for (const { id, parent, delta } of records) {
    if (parent && !trees.get(id).has(parent.text)) findings.add('C/unknown-parent', delta, `${id} ${parent.text}`)
  }
  return trees
}

/**
 * The value of each revision of a tree. That of a patched one (generation A) is made from its parent's.
 * @param {import('./findings.mjs').Findings} findings
 */
export const valuesOf = (id, tree, index, findings) => {
  const known = new Map()
  const make = (revision, text) => {
    if (revision.patchDigest === undefined) return index(revision.digest)
    const stored = index(revision.patchDigest)
    if (!stored) return index(revision.digest)
    const whole = unpatch(stored, known.get(tree.history(text)[1]) ?? new Map())
    if (!whole || sha256(canonical(whole)) !== revision.digest) findings.add('J/digest', id, text)
    return whole ?? stored
  }
  return revision => {
    if (known.has(revision.text)) return known.get(revision.text)
    // The oldest first: a patched one needs its parent's.
    for (const text of tree.history(revision.text).reverse()) {
      if (!known.has(text)) known.set(text, make(tree.get(text), text))
    }
    return known.get(revision.text)
  }
}
