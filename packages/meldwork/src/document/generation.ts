/**
 * How a folder of Melda is written, by the age of the tools: `A` 0.1 (2022), `B` 0.2 to 0.4, `C` 0.5, `D` 0.6. They differ in where the order of an
 * array is kept and in the names of deltas; packs, digests and revisions are the same.
 */
export type Generation = 'A' | 'B' | 'C' | 'D'

/**
 * The generation, when its deltas have names without an index, by the identifiers of the objects that they change: those of array descriptors tell.
 * @param ids of as many deltas of a folder as there are: one alone may have no array
 * @returns `A` when there is no descriptor
 */
export function olderGeneration(ids: Iterable<string>): 'A' | 'B' | 'C' {
  for (const id of ids) {
    if (!id.startsWith('^')) continue
    if (id.includes('@')) return 'C'
    if (/^\^[0-9a-f]{64}$/.test(id)) return 'B'
  }
  return 'A'
}
