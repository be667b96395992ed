/** Clones that hold what their rules do not allow: it was there before them. */
import { type Clone, type Constraint, openClone, type RDF } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'

/** A clone with data that was written before it had any rules. */
export async function ruled(
  data: Iterable<RDF.Quad>,
  constraints: readonly Constraint[],
  domain = 'board.example',
): Promise<Clone> {
  const store = new MemoryStore()
  const before = await openClone({ domain, store, genesis: true })
  await before.updateQuads({ insert: [...data] })
  await before.close()
  return openClone({ domain, store, genesis: true, constraints: [...constraints] })
}
