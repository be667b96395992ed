import type { StoreChange } from '../ports/index.js'
import { encodeMeta, type Meta, metaKey, stateKey } from './meta.js'

/** About how many bytes of a checkpoint are written in one batch, so that little of it is in memory twice, and live commits pass between. */
const batchBytes = 1024 * 1024

/** The batches that write the items of a checkpoint: all of them before {@link CheckpointNumbers.switchTo}. */
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

/**
 * The numbers of the checkpoints of one opening of a store. One that nothing has been switched to is written anew under the same number. Otherwise none is used
 * twice: a store may have switched to what it said that it had not, and must then find that as it was when it is opened again.
 */
export class CheckpointNumbers {
  private last: number
  /** What it has been switched to perhaps: they are in nobody's way, but take space. */
  private doubtful: Meta[] = []

  /** @param meta of the store as it was opened */
  constructor({ generation }: Meta) {
    this.last = generation
  }

  get next(): number {
    return this.last + 1
  }

  /** What makes a checkpoint whose items are there the last whole one, and deletes all that were before: one batch. */
  switchTo(next: Meta, previous: Meta): StoreChange[] {
    const changes: StoreChange[] = [{ key: metaKey, value: encodeMeta(next) }]
    for (const { generation, itemCount } of [previous, ...this.doubtful])
      for (let item = 0; item < itemCount; item++) changes.push({ key: stateKey(generation, item), value: null })
    return changes
  }

  /** That batch is about to be given to the store. */
  switching(next: Meta): void {
    this.last = next.generation
    this.doubtful.push(next)
  }

  /** It has become durable. */
  switched(): void {
    this.doubtful = []
  }
}
