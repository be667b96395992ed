import { Reader, Writer } from '../codec/index.js'
import { CodedError } from '../errors.js'
import type { Store, StoreChange } from '../ports/index.js'
import { readPart } from './meta.js'

/** Where the store keeps a check of the key of its domain, if it has one. */
const domainKeyKey = 'domain-key'

/** What a new store keeps of the key of its domain. */
export function domainKeyChanges(check: number | undefined): StoreChange[] {
  if (check === undefined) return []
  const writer = new Writer(8)
  writer.uint8(1)
  writer.uint32(check)
  return [{ key: domainKeyKey, value: writer.take() }]
}

/**
 * A store is opened with the key that it was made with, or without one as it was.
 * @throws CodedError `store-domain`, `store-corrupt`
 */
export async function requireDomainKey(store: Store, domain: string, check: number | undefined): Promise<void> {
  const bytes = await store.get(domainKeyKey)
  const found = bytes && readPart(store, domainKeyKey, () => decodeCheck(bytes))
  if (found === check) return
  const { location } = store
  const has =
    found === undefined ? 'without a domainKey' : check === undefined ? 'under a domainKey' : 'under another domainKey'
  throw new CodedError(
    'store-domain',
    `${location} holds the domain ${domain} ${has}. Open it as it was opened first`,
    {
      location,
      expected: domain,
      found: `${domain}, ${has}`,
    },
  )
}

function decodeCheck(bytes: Uint8Array): number {
  const reader = new Reader(bytes, 'domain key')
  if (reader.uint8() !== 1) reader.fail('its version is not known')
  const check = reader.uint32()
  reader.finish()
  return check
}
