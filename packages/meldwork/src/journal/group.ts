import { check32, Reader, Writer } from '../codec/index.js'
import { groupKind, journalKey, journalVersion, operationIn, ticksOf } from './entry.js'

/** The most that stands under one key, unless it is one entry: of a group that is partly needed, not more than this stays in vain. */
const mostBytes = 32 * 1024
const mostEntries = 256
const checkBytes = 4

/** What is to stand in the journal. */
export interface Grouped {
  readonly ticks: number
  /** Undefined when it has no entry that could stand beside others. */
  readonly entry: Uint8Array | undefined
  /** Of the operation in it. */
  readonly check: number
  /** To be set: the ticks under which its entry is found, which are those of the last one in its group. */
  group: number
}

/** What stands under one key. */
export interface StoredGroup {
  readonly key: string
  readonly value: Uint8Array
}

const writer = new Writer(mostBytes)

/**
 * Puts entries that go to the store together under as few keys as they fit: a store takes one large value in a fraction of the time in which it takes
 * many small ones. The key has the last ticks of its group: so what is needed after some ticks is all behind one key, and a group is needed no more
 * when its key is not. An entry that is alone stands as it is.
 * @param all in the order of ticks
 */
export function groupsOf(all: readonly Grouped[]): StoredGroup[] {
  const groups: StoredGroup[] = []
  for (let from = 0; from < all.length; ) {
    const { entry } = all[from]
    if (entry === undefined) {
      from++
      continue
    }
    const end = endOfGroup(all, from)
    const { ticks } = all[end - 1]
    for (let at = from; at < end; at++) all[at].group = ticks
    groups.push({ key: journalKey(ticks), value: end === from + 1 ? entry : encodeGroup(all, from, end) })
    from = end
  }
  return groups
}

/** Their ticks must follow on each other, since only the last are in the store. */
function endOfGroup(all: readonly Grouped[], from: number): number {
  let end = from
  let bytes = 0
  for (; end < all.length && end - from < mostEntries; end++) {
    const { ticks, entry } = all[end]
    if (entry === undefined || ticks !== all[from].ticks + end - from) break
    bytes += entry.length
    if (bytes > mostBytes && end > from) break
  }
  return end
}

/** version, kind; then each entry as a block, and the check of its operation, by which that can be saved out of a group that is damaged elsewhere. */
function encodeGroup(all: readonly Grouped[], from: number, end: number): Uint8Array {
  writer.reset()
  writer.uint8(journalVersion)
  writer.uint8(groupKind)
  for (let at = from; at < end; at++) {
    const { entry, check } = all[at]
    writer.block(entry!)
    writer.uint32(check)
  }
  return writer.take()
}

/**
 * What stands under a key of the journal: each entry with its ticks, in order. The checks of the operations are not looked at: that of the whole value was.
 * @throws CodedError `data-malformed`
 */
export function entriesAt(key: string, value: Uint8Array): (readonly [ticks: number, entry: Uint8Array])[] {
  const last = ticksOf(key)
  if (value[0] !== journalVersion || value[1] !== groupKind) return [[last, value]]
  const reader = new Reader(value, 'journal entry', 2)
  const entries: Uint8Array[] = []
  while (reader.remaining > 0) {
    entries.push(reader.block())
    reader.skip(checkBytes)
  }
  const { length } = entries
  if (length < 2 || length > last) reader.fail(`a group of ${length} entries up to ${last}`)
  return entries.map((entry, at) => [last - length + 1 + at, entry])
}

/** The operations of a group that are whole, in a value that is damaged somewhere: wherever one stands in an entry, with its check behind that. */
export function wholeOperations(value: Uint8Array): Uint8Array[] {
  const operations: Uint8Array[] = []
  for (let at = 0; at < value.length; ) {
    const found = operationAt(value, at)
    if (found !== undefined) operations.push(found.operation)
    at = found?.end ?? at + 1
  }
  return operations
}

/** Asked for each byte of what is damaged: so it looks at the version first. */
function operationAt(value: Uint8Array, at: number): { operation: Uint8Array; end: number } | undefined {
  let from = at + 1
  let length = value[at] & 127
  for (let shift = 7; value[from - 1] > 127 && shift < 28; shift += 7) length |= (value[from++] & 127) << shift
  const end = from + length
  if (value[from] !== journalVersion || end + checkBytes > value.length) return undefined
  const operation = operationIn(value.subarray(from, end))
  const isWhole = operation && new Reader(value, 'journal entry', end).uint32() === check32(operation)
  return isWhole ? { operation, end: end + checkBytes } : undefined
}
