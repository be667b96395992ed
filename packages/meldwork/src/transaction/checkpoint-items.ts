import type { StoreChange } from '../ports/index.js'
import { encodeMeta, type Meta, metaKey, stateKey } from './meta.js'

/** About how many bytes of a checkpoint are written in one batch, so that little of it is in memory twice, and live commits pass between. */
const batchBytes = 1024 * 1024

/** The batches that write the items of a checkpoint: all of them before {@link switchedTo}. */
export function* checkpointBatches(items: readonly Uint8Array[], generation: number): Iterable<StoreChange[]> {
  let batch: StoreChange[] = []
  let bytes = 0
  for (const [item, value] of items.entries()) {
    batch.push({ key: stateKey(generation, item), value })
    bytes += value.length
    if (bytes < batchBytes) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}

/** What makes a checkpoint whose items are there the last whole one, and deletes the one before: in one batch. */
export function switchedTo(next: Meta, { generation, itemCount }: Meta): StoreChange[] {
  const changes: StoreChange[] = [{ key: metaKey, value: encodeMeta(next) }]
  for (let item = 0; item < itemCount; item++) changes.push({ key: stateKey(generation, item), value: null })
  return changes
}
