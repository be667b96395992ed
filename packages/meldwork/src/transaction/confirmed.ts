import { Reader, Writer } from '../codec/index.js'
import { hasCode } from '../errors.js'
import { decodeName, encodeName, type OperationName } from '../operation/index.js'
import type { Store } from '../ports/index.js'

/** Where the store keeps which of its own operations others are known to have. */
const confirmedKey = 'confirmed'

/** A write of how far others are known to have this clone's own operations: by replica, a counter. */
export function confirmedChange(names: readonly OperationName[]) {
  const writer = new Writer(64)
  writer.uint8(1)
  writer.varint(names.length)
  for (const name of names) encodeName(writer, name)
  return { key: confirmedKey, value: writer.take() }
}

/** What was last written. It is advice: a damaged or newer record says nothing, and what it would say is found out again. */
export async function readConfirmed(store: Store): Promise<OperationName[]> {
  try {
    const bytes = await store.get(confirmedKey)
    if (bytes === undefined) return []
    const reader = new Reader(bytes, 'confirmed operations')
    if (reader.uint8() !== 1) return []
    const count = reader.varintUpTo(reader.remaining / 3, 'a number of replicas')
    return Array.from({ length: count }, () => decodeName(reader))
  } catch (error) {
    if (hasCode(error, 'store-failed')) throw error
    return []
  }
}
