import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  childRevision,
  compareRevisions,
  creationRevision,
  isResolved,
  type Revision,
} from '../../src/document/revision.js'
import { RevisionTree } from '../../src/document/revision-tree.js'

interface Edge {
  readonly revision: Revision
  readonly parent: string | undefined
}

/** Revisions that follow one another: creations, children, resolutions; and some whose parents are nowhere. */
const edges: fc.Arbitrary<Edge[]> = fc
  .array(fc.tuple(fc.nat(12), fc.constantFrom('a', 'b', 'd', 'r', 'e'), fc.nat(9)), {
    minLength: 1,
    maxLength: 25,
    size: 'max',
  })
  .map(choices => {
    const made: Edge[] = []
    for (const [place, digest, lost] of choices) {
      const parent = place === 0 || made.length === 0 ? undefined : made[place % made.length].revision
      const missing = lost === 0 ? childRevision(creationRevision('gone'), digest) : undefined
      const revision = parent ? childRevision(parent, digest) : creationRevision(digest)
      made.push(
        missing ? { revision: missing, parent: creationRevision('gone').text } : { revision, parent: parent?.text },
      )
    }
    return made
  })

/** The definition, told slowly. */
function leavesOf(all: readonly Edge[]): string[] {
  const parents = new Map(all.map(({ revision, parent }) => [revision.text, parent]))
  const reaches = (text: string): boolean => {
    const parent = parents.get(text)
    return parents.has(text) && (parent === undefined ? text.startsWith('1-') : reaches(parent))
  }
  const named = new Set(all.map(({ parent }) => parent))
  const unique = new Map(all.map(({ revision }) => [revision.text, revision]))
  return [...unique.values()]
    .filter(revision => !isResolved(revision) && !named.has(revision.text) && reaches(revision.text))
    .sort(compareRevisions)
    .map(({ text }) => text)
}

const treeOf = (all: readonly Edge[]): RevisionTree => {
  const tree = new RevisionTree()
  for (const { revision, parent } of all) tree.add(revision, parent, 'block')
  return tree
}
const texts = (tree: RevisionTree): string[] => tree.leaves.map(({ text }) => text)

describe('a tree of revisions', () => {
  test('has the leaves of the definition, in whatever order they come', () =>
    fc.assert(
      fc.property(
        edges.chain(all => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          const expected = leavesOf(all)
          expect(texts(treeOf(all))).toEqual(expected)
          const tree = treeOf(shuffled)
          expect(texts(tree)).toEqual(expected)
          expect(tree.winner?.text).toBe(expected.at(-1))
        },
      ),
    ))

  test('is as before when what was staged is taken back', () =>
    fc.assert(
      fc.property(edges, fc.nat(24), (all, cut) => {
        const committed = all.slice(0, cut)
        const tree = treeOf(committed)
        const before = texts(tree)
        const staged = all.slice(cut).filter(({ revision, parent }) => tree.add(revision, parent))
        expect(staged.every(({ revision }) => tree.isStaged(revision.text))).toBe(true)
        for (const { revision } of staged.reverse()) tree.remove(revision.text)
        // What something follows that is not staged stays: of that kind are only revisions whose parents are nowhere.
        expect(texts(tree)).toEqual(before)
      }),
    ))

  test('tells histories and common ancestors as going back step by step does', () =>
    fc.assert(
      fc.property(edges, fc.nat(24), fc.nat(24), (all, i, j) => {
        const tree = treeOf(all)
        const [one, other] = [all[i % all.length], all[j % all.length]].map(({ revision }) =>
          tree.history(revision.text),
        )
        expect(tree.commonAncestor(one[0], other[0])).toBe(one.find(text => other.includes(text)))
        for (const [at, text] of one.entries())
          expect(tree.parentOf(text) === one[at + 1] || at === one.length - 1).toBe(true)
      }),
    ))

  test('takes the least valid parent of several, whoever comes first', () => {
    // Tails have 28 bits: two parents with the same are forged in a second. Here the texts are simply said to be so.
    const [a, b] = [creationRevision('a'), creationRevision('b')]
    const forged = { index: 2, digest: 'c', tail: '0000000', text: '2-c_0000000' }
    const lost = '1-aa'
    for (const order of [
      [a.text, b.text, lost],
      [b.text, lost, a.text],
      [lost, b.text, a.text],
    ]) {
      const tree = new RevisionTree()
      for (const parent of order) tree.add(forged, parent, 'block')
      expect(texts(tree)).toEqual([])
      for (const creation of [b, a]) tree.add(creation, undefined, 'block')
      tree.add(childRevision(b, 'x'), b.text, 'block')
      tree.add(forged, lost, 'block')
      expect(tree.parentOf(forged.text)).toBe(a.text)
      expect(texts(tree)).toEqual([forged.text, childRevision(b, 'x').text].sort())
    }
  })

  test('is the same in whatever order revisions come that were given several parents', () => {
    const named = (index: number, digest: string): Revision =>
      index === 1 ? creationRevision(digest) : { index, digest, tail: '0000000', text: `${index}-${digest}_0000000` }
    const digest = fc.constantFrom('a', 'b', 'c', 'r')
    const forged = fc.tuple(fc.integer({ min: 1, max: 5 }), digest, digest).map(([index, own, parents]): Edge => {
      return { revision: named(index, own), parent: index === 1 ? undefined : named(index - 1, parents).text }
    })
    const shuffles = fc
      .array(forged, { minLength: 1, maxLength: 30, size: 'max' })
      .chain(all => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })))
    fc.assert(
      fc.property(shuffles, ([all, shuffled]) => {
        const [one, other] = [treeOf(all), treeOf(shuffled)]
        expect(texts(one)).toEqual(texts(other))
        expect(one.winner?.text).toBe(texts(one).at(-1))
        for (const { revision } of all) {
          expect(one.parentOf(revision.text)).toBe(other.parentOf(revision.text))
          expect(one.isValid(revision.text)).toBe(other.isValid(revision.text))
        }
      }),
    )
  })

  test('is not slow for one long line, nor for very many leaves', () => {
    const line = new RevisionTree()
    let revision = creationRevision('a')
    const all: Edge[] = [{ revision, parent: undefined }]
    for (let i = 0; i < 20_000; i++) {
      const child = childRevision(revision, 'a')
      all.push({ revision: child, parent: revision.text })
      revision = child
    }
    for (const each of all.reverse()) line.add(each.revision, each.parent, 'block')
    expect(line.winner?.text).toBe(revision.text)
    expect(line.history(revision.text).length).toBe(20_001)
    const wide = new RevisionTree()
    for (let i = 0; i < 5000; i++) wide.add(creationRevision(`a${i}`), undefined, 'block')
    expect(wide.leaves.length).toBe(5000)
    // From the greatest on: each time there is another winner.
    for (const leaf of [...wide.leaves].reverse()) {
      expect(wide.winner).toBe(leaf)
      wide.add(childRevision(leaf, 'r'), leaf.text, 'block')
    }
    expect(wide.winner).toBeUndefined()
  })
})
