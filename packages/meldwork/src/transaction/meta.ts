import { compareBytes } from '../causality/index.js'
import { Reader, Writer } from '../codec/index.js'
import { CodedError, hasCode } from '../errors.js'
import type { Store } from '../ports/index.js'

/** The version of the store's layout that this engine writes, and the greatest that it reads. */
export const storeVersion = 1

/** Where the {@link Meta} stands in the store. */
export const metaKey = 'meta'

/** What a store says of itself: written when it is new, and switched by every checkpoint. */
export interface Meta {
  readonly domain: string
  /** Names the first life of the store, which begins with it (`lives.ts`): 8 random bytes. */
  readonly life: Uint8Array
  /** Which checkpoint is the last whole one; 0 when there is none yet. */
  readonly generation: number
  /** The ticks of that checkpoint. */
  readonly ticks: number
  /** How many items it has. */
  readonly itemCount: number
}

/** Where an item of a checkpoint stands in the store. */
export const stateKey = (generation: number, item: number): string =>
  `state/${padded(generation, 9)}/${padded(item, 7)}`
export const stateRange = { gte: 'state/', lt: 'state0' } as const
const padded = (value: number, length: number): string => value.toString(36).padStart(length, '0')

export function encodeMeta(meta: Meta): Uint8Array {
  const writer = new Writer(64)
  writer.uint8(storeVersion)
  writer.text(meta.domain)
  writer.block(meta.life)
  writer.varint(meta.generation)
  writer.varint(meta.ticks)
  writer.varint(meta.itemCount)
  return writer.take()
}

/**
 * Reads what a store says of itself.
 * @returns undefined when the store is new
 * @throws CodedError `store-format` when newer software wrote it, `store-domain` when it holds another domain, `store-corrupt`
 */
export async function readMeta(store: Store, domain: string): Promise<Meta | undefined> {
  const bytes = await store.get(metaKey)
  if (bytes === undefined) return undefined
  const meta = decodeMeta(store, bytes)
  if (meta.domain !== domain)
    throw new CodedError(
      'store-domain',
      `${store.location} holds the domain ${meta.domain}, not ${domain}. Give each clone a store of its own`,
      { location: store.location, expected: domain, found: meta.domain },
    )
  return meta
}

/** @throws CodedError `store-format`, `store-corrupt` */
export function decodeMeta(store: Store, bytes: Uint8Array): Meta {
  const reader = new Reader(bytes, 'store description')
  const version = bytes[0] ?? 0
  if (version > storeVersion) throw newerFormat(store, 'format', version, storeVersion)
  try {
    if (reader.uint8() === 0) reader.fail('its version is 0')
    const meta = {
      domain: reader.text(),
      life: reader.block(),
      generation: reader.varint(),
      ticks: reader.varint(),
      itemCount: reader.varint(),
    }
    reader.finish()
    return meta
  } catch (cause) {
    throw corrupt(store, metaKey, cause)
  }
}

/**
 * A store that was opened again is the one that it was: it has not been emptied, and nobody has put another in its place.
 * @throws CodedError `store-failed` with the reason `evicted` when it is not
 */
export async function requireLife(store: Store, life: Uint8Array): Promise<void> {
  const bytes = await store.get(metaKey)
  const found = bytes && decodeMeta(store, bytes).life
  if (found !== undefined && compareBytes(found, life) === 0) return
  const { location } = store
  const message = `${location} has been ${found === undefined ? 'emptied' : 'replaced by another'} while it was open`
  throw new CodedError('store-failed', message, { location, operation: 'open', reason: 'evicted' })
}

/**
 * Reads a part of the store.
 * @throws CodedError `store-corrupt`, with the key, for what is malformed; whatever else `read` throws
 */
export function readPart<T>(store: Store, key: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw hasCode(cause, 'data-malformed') ? corrupt(store, key, cause) : cause
  }
}

/** A part of the store is of a later version. @param format says which part: ends in the word format */
export function newerFormat({ location }: Store, format: string, found: number, supported: number) {
  const facts = { location, found, supported }
  const message = `${location} was written by newer software (${format} ${found}, this reads up to ${supported}). Update, or use another store`
  return new CodedError('store-format', message, facts)
}

/** A part of the store cannot be read. */
export function corrupt(store: Store, key: string, cause?: unknown): CodedError<'store-corrupt'> {
  return new CodedError(
    'store-corrupt',
    `${store.location} is damaged at ${key}. It has not been touched. Bring back what is whole with: meldwork repair; or open a clone with a new store, which gets the domain from its peers`,
    { location: store.location, key },
    cause,
  )
}
