import type { IDBPDatabase } from 'idb'

/** The one object store of a database: keys are its keys, and values are Uint8Arrays, but for the lease. */
export const entryStore = 'entries'

/** Where it is written who may write. Before every key that a store can be asked for: those begin at `!`. */
const leaseKey = ' lease'
export const firstKey = '!'

/**
 * Who may write into a database that several tabs have open: its name is in the database, and each batch looks, within its own transaction, whether it is
 * still there. The browser runs writing transactions one after another: so what one tab writes is there before another has taken the lease, or never.
 */
export async function takeLease(database: IDBPDatabase, holder: string, instead: string | undefined): Promise<string> {
  const transaction = database.transaction(entryStore, 'readwrite')
  const { store } = transaction
  const found: unknown = await store.get(leaseKey)
  const isFree = found === undefined || found === instead || typeof found !== 'string'
  if (isFree) await store.put(holder, leaseKey)
  await transaction.done
  return isFree ? holder : (found as string)
}

export async function leaseHolder(database: IDBPDatabase): Promise<string | undefined> {
  const found: unknown = await database.get(entryStore, leaseKey)
  return typeof found === 'string' ? found : undefined
}

/** Gives it back, unless somebody else has it by now. */
export async function endLease(database: IDBPDatabase, holder: string): Promise<void> {
  const transaction = database.transaction(entryStore, 'readwrite')
  const { store } = transaction
  if ((await store.get(leaseKey)) === holder) await store.delete(leaseKey)
  await transaction.done
}

/** To be asked first in a writing transaction. @returns whether this holder may write; it looks before anything that is asked for later is done */
export async function mayWrite(store: { get(key: string): Promise<unknown> }, holder: string): Promise<boolean> {
  return (await store.get(leaseKey)) === holder
}
