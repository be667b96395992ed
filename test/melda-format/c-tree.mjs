/** Section C of the format: the tree of an object's revisions, its leaves and its winner. */
import { compareRevisions } from './b-revision.mjs'

export class Tree {
  /** By revision string: the revision and its parent's string, null if it has none. */
  #nodes = new Map()

  /** Adds a revision; one that is there keeps its parent. */
  add(revision, parent) {
    if (!this.#nodes.has(revision.text)) this.#nodes.set(revision.text, { revision, parent })
  }

  has(text) {
    return this.#nodes.has(text)
  }

  get(text) {
    return this.#nodes.get(text)?.revision
  }

  /** The strings of a revision and its ancestors, as far as they are known. */
  history(text) {
    const found = []
    for (let at = text; this.#nodes.has(at); at = this.#nodes.get(at).parent) found.push(at)
    return found
  }

  /** Whether all of a revision's ancestors are there, down to one with the index 1. */
  #reaches(text) {
    const oldest = this.#nodes.get(this.history(text).at(-1))
    return oldest.parent === null && oldest.revision.index === 1
  }

  /**
   * The leaves, ascending.
   * @param {boolean} validated whether those whose ancestors are not all there are left out
   */
  leaves(validated) {
    const parents = new Set([...this.#nodes.values()].map(({ parent }) => parent))
    return [...this.#nodes.values()]
      .map(({ revision }) => revision)
      .filter(({ digest, text }) => digest !== 'r' && !parents.has(text) && (!validated || this.#reaches(text)))
      .sort(compareRevisions)
  }

  /**
   * The winner; undefined if there is none.
   * @param {boolean} validated the greatest valid leaf (generation D, late C), or the greatest of all revisions (before)
   */
  winner(validated) {
    const candidates = validated
      ? this.leaves(true)
      : [...this.#nodes.values()].map(({ revision }) => revision).sort(compareRevisions)
    return candidates.at(-1)
  }
}
