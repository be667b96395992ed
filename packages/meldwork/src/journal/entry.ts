import { Reader, type Writer } from '../codec/index.js'
import { CodedError } from '../errors.js'

/** The version of the journal format that this engine writes, and the greatest that it reads. */
export const journalVersion = 1

const Kind = { operation: 1, state: 2, ownOperation: 3, unitedState: 4 } as const
/** Added to the kind of an operation that has {@link JournalEntry.visible}. */
const withVisible = 4
/** In the place of a kind: several entries in one value, see `group.ts`. */
export const groupKind = 8

/** One transaction, as it stands in the store. */
export type JournalEntry =
  | {
      readonly kind: 'operation'
      /** Exactly as its author encoded it. */
      readonly operation: Uint8Array
      /** What its deletes removed: the object of each, in order, in the encoding of values; written and read by `transaction`. */
      readonly removed: Uint8Array
      /** What it did to what is visible, where the operation and what it removed do not tell; written and read by `transaction`. */
      readonly visible?: Uint8Array | undefined
      /** Whether it was made here, in this store. */
      readonly own?: true | undefined
    }
  | {
      readonly kind: 'state'
      /** The items of the state that was joined. */
      readonly items: readonly Uint8Array[]
      /** Whether it was united with, to heal a divergence. */
      readonly united?: true
    }

/** Where the entry of a transaction stands in the store, or the group of which it is the last: in the order of ticks. */
export const journalKey = (ticks: number): string => `journal/${ticks.toString(36).padStart(11, '0')}`
export const journalRange = { gte: 'journal/', lt: 'journal0' } as const
/** The ticks that a key of the journal has: those of the last entry there. */
export const ticksOf = (key: string): number => Number.parseInt(key.slice('journal/'.length), 36)

/** version, kind; then the operation, what it removed and, perhaps, what that made visible; or the items of a state. */
export function encodeEntry(entry: JournalEntry, writer: Writer): void {
  if (entry.kind === 'operation') {
    const { operation, removed, visible, own } = entry
    encodeHead(writer, operation.length, own === true, visible)
    writer.raw(operation)
    encodeRest(writer, removed, visible)
  } else {
    writer.uint8(journalVersion)
    writer.uint8(entry.united ? Kind.unitedState : Kind.state)
    writer.varint(entry.items.length)
    for (const item of entry.items) writer.block(item)
  }
}

/** How many bytes to leave before an operation for what stands before it in its entry: version, kind, its length. */
export const entryRoom = 10

/**
 * Makes an entry of an operation made here, in the writer that it stands in alone, behind {@link entryRoom} bytes: so that it is not copied for that.
 * @returns where the entry begins
 */
export function completeEntry(writer: Writer, removed: Uint8Array, visible: Uint8Array | undefined): number {
  const end = writer.length
  const length = end - entryRoom
  let from = entryRoom - 3
  for (let rest = length; rest > 127; rest = Math.floor(rest / 128)) from--
  writer.length = from
  encodeHead(writer, length, true, visible)
  writer.length = end
  encodeRest(writer, removed, visible)
  return from
}

function encodeHead(writer: Writer, length: number, own: boolean, visible: Uint8Array | undefined): void {
  writer.uint8(journalVersion)
  writer.uint8((own ? Kind.ownOperation : Kind.operation) + (visible === undefined ? 0 : withVisible))
  writer.varint(length)
}

function encodeRest(writer: Writer, removed: Uint8Array, visible: Uint8Array | undefined): void {
  if (visible !== undefined) writer.block(removed)
  writer.raw(visible ?? removed)
}

/** The operation in an entry that may be damaged around it; undefined when there is none. */
export function operationIn(entry: Uint8Array): Uint8Array | undefined {
  const reader = new Reader(entry, 'journal entry', 1)
  try {
    return (reader.uint8() & 1) === 1 ? reader.block() : undefined
  } catch {
    return undefined
  }
}

/** @throws CodedError `data-malformed`, `data-version` */
export function decodeEntry(bytes: Uint8Array): JournalEntry {
  const reader = new Reader(bytes, 'journal entry')
  const version = reader.uint8()
  if (version !== journalVersion)
    throw new CodedError(
      'data-version',
      `A journal entry is of version ${version}, and this software reads up to ${journalVersion}`,
      {
        what: 'journal entry',
        found: version,
        supported: journalVersion,
      },
    )
  const kind = reader.uint8()
  const own = (kind & ~withVisible) === Kind.ownOperation
  if (own || (kind & ~withVisible) === Kind.operation) {
    const operation = reader.block()
    const visible = kind > withVisible
    const removed = visible ? reader.block() : reader.raw(reader.remaining)
    return {
      kind: 'operation',
      operation,
      removed,
      ...(visible && { visible: reader.raw(reader.remaining) }),
      ...(own && { own: true }),
    }
  }
  if (kind !== Kind.state && kind !== Kind.unitedState) reader.fail('an unknown kind of entry')
  const count = reader.varintUpTo(reader.remaining, 'the number of items')
  const items = Array.from({ length: count }, () => reader.block())
  reader.finish()
  return { kind: 'state', items, ...(kind === Kind.unitedState && { united: true }) }
}
