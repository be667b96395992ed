/** The subpath `meldwork/repair`: a room's own file, so that no app that repairs nothing bundles it. */
import { CodedError } from '../errors.js'
import type { Store } from '../ports/index.js'
import { Salvage, type SalvageProgress, type SalvageReport, salvagedMeta } from '../transaction/index.js'
import type { Clone } from './clone.js'

export type { SalvageProgress, SalvageReport }

/** How to repair. */
export interface RepairOptions {
  /** Told now and then how far it has come. */
  readonly onProgress?: ((progress: SalvageProgress) => void) | undefined
}

/**
 * Brings back what is whole in a damaged store, by writing it into an open clone of the same domain that keeps its data elsewhere: a new one, which has
 * caught up with the others if there are any. What the clone knows already, because the others have it or have deleted it, is left
 * alone; what they have never seen is written, under the clone's own id; deletes that they have never seen are made again.
 *
 * What it does not bring back: what stood in the values that are damaged, unless others have it; and, without others, deletes in values that are damaged:
 * so something deleted may be there again.
 * @param damaged a closed store, which is opened, read and closed. Nothing is written to it; the database below may write when it is opened: give
 *   it a copy
 * @throws CodedError `store-domain` when it holds another domain; `store-locked`, `store-failed` when it cannot be opened or read; `clone-closed`
 */
export async function repairStore(damaged: Store, clone: Clone, options: RepairOptions = {}): Promise<SalvageReport> {
  await damaged.open()
  try {
    const found = (await salvagedMeta(damaged))?.domain
    const { location } = damaged
    if (found !== undefined && found !== clone.domain)
      throw new CodedError('store-domain', `${location} holds the domain ${found}, not ${clone.domain}`, {
        location,
        expected: clone.domain,
        found,
      })
    return await clone.salvage(async transactions => {
      const salvage = new Salvage(transactions.graph, options.onProgress ?? (() => {}))
      await salvage.read(damaged)
      return salvage.bringBack(transactions)
    })
  } finally {
    await damaged.close()
  }
}

/**
 * The domain that a store holds, which may be damaged.
 * @param store a closed one
 * @returns undefined when it does not tell
 */
export async function domainOfStore(store: Store): Promise<string | undefined> {
  await store.open()
  try {
    return (await salvagedMeta(store))?.domain
  } finally {
    await store.close()
  }
}
