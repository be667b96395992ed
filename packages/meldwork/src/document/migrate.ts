import { canonicalJson, type JsonObject } from '../codec/index.js'
import { CodedError } from '../errors.js'
import type { BlockStore } from '../ports/index.js'
import { deltaName, packName, parseDeltaId } from './block-name.js'
import { Document } from './document.js'
import type { Generation } from './generation.js'
import { type Arrivals, type DamagedFile, type DocumentLimits, defaultLimits, fileKind, Library } from './library.js'
import { Migration } from './migration.js'
import { isDescriptor, rootId } from './names.js'
import type { Objects } from './objects.js'
import { inParallel } from './parallel.js'
import type { BlockedBlock } from './replica-options.js'
import { isDeleted } from './revision.js'
import { unflatten } from './unflatten.js'

export interface MigrateOptions {
  /** What is written. Default: D. */
  readonly generation?: 'B' | 'D' | undefined
  readonly limits?: Partial<DocumentLimits> | undefined
}

/** What a migration did. */
export interface MigrationReport {
  readonly from: Generation
  readonly to: 'B' | 'D'
  /** The ids of each block that counts, before and after, each after those that it follows. */
  readonly blocks: readonly { readonly from: string; readonly to: string }[]
  /** How many objects the document has now, lists and deleted ones included. */
  readonly objects: number
  /** How many files were written; fewer than there are now when some were there. */
  readonly written: number
  /**
   * The id of a block that was added at the end, so that readers see what they saw: which of two revisions wins may depend on their digests, and those are
   * others now. Undefined when there was no need.
   */
  readonly added: string | undefined
  /** Objects whose winner was put above another one by it, with the same value; they are in conflict as before. */
  readonly raised: readonly string[]
  /** Lists whose conflict was resolved by it, since their order would have been another one. */
  readonly settled: readonly string[]
  /** Old ids of first blocks with several changes of one object, of which only the last has become a revision. */
  readonly collapsed: readonly string[]
  /** Blocks that were not migrated, as something is missing. */
  readonly blocked: readonly BlockedBlock[]
  /** Files that were not migrated, as they are damaged, or not of this document. */
  readonly damaged: readonly DamagedFile[]
  /** Names of files beside blocks and packs, such as signatures: they are of the old ones, and stay behind. */
  readonly companions: readonly string[]
}

/**
 * Writes a document into another store, in another generation or the same: its history block by block, with their information and parents, their values and
 * conflicts. The old store is only read. What was written is read again and compared: each object's value and conflict, the order of each list, the document.
 * The same blocks give the same files wherever this is done, so that copies of a document can be migrated apart and melded afterwards.
 *
 * Revisions of objects that refer to lists get other texts, as lists have other ids in B and D. A list that stood inside of an object (generation A) becomes an object of
 * its own: two that differed in it only are in conflict about the list, not about the object.
 * @param from opened if it is not, and left open
 * @param to must hold nothing but what this writes, so that a migration that was cut off can be done again; opened if it is not, and left open
 * @throws CodedError `store-occupied`: nothing was written; `migration-unequal`: what was written is not what was read, do not use it; `store-failed`,
 * `store-missing`; `option-invalid`
 */
export async function migrate(
  from: BlockStore,
  to: BlockStore,
  { generation = 'D', limits }: MigrateOptions = {},
): Promise<MigrationReport> {
  if (generation !== 'B' && generation !== 'D') {
    const facts = { option: 'generation', expected: "'B' or 'D'" }
    throw new CodedError('option-invalid', `The option ${facts.option} must be ${facts.expected}`, facts)
  }
  const bounds = { ...defaultLimits, ...limits }
  const source = await load(from, bounds)
  const migration = new Migration(source.document, source.arrivals.packs, source.blocks, generation)
  const files = filesOf(migration)
  await to.open()
  const there = await to.list()
  for (const name of there) if (!files.has(name)) throw occupied(to, name)
  let written = 0
  const write = async ([name, bytes]: readonly [string, Uint8Array]): Promise<void> => {
    if (await to.write(name, bytes)) written++
    else if (!isSame(await to.read(name).catch(() => undefined), bytes)) {
      await to.write(name, bytes, 'replace')
      written++
    }
  }
  // Packs first, then each block after those that it follows.
  const isPack = (name: string): boolean => name.endsWith('.pack')
  await inParallel(
    [...files].filter(([name]) => isPack(name)),
    8,
    write,
  )
  for (const file of files) if (!isPack(file[0])) await write(file)
  const { document } = await load(to, bounds)
  const difference = differenceOf(source.document, document, migration)
  if (difference !== undefined) throw unequal(to, difference)
  return {
    from: source.document.generation ?? generation,
    to: generation,
    blocks: migration.blocks.flatMap(({ old, id }) => (old === undefined ? [] : [{ from: old, to: id }])),
    objects: document.objects.size,
    written,
    added: migration.blocks.find(({ old }) => old === undefined)?.id,
    raised: migration.raised,
    settled: migration.settled,
    collapsed: migration.collapsed,
    blocked: source.document.graph.blocked().map(({ id, missing }) => ({ id, ...missing })),
    damaged: source.damaged,
    companions: source.names.filter(name => fileKind(name).kind === 'companion').sort(),
  }
}

interface Loaded {
  readonly document: Document
  readonly arrivals: Arrivals
  /** Ids of the blocks that count, each after those that it follows. */
  readonly blocks: readonly string[]
  readonly damaged: readonly DamagedFile[]
  readonly names: readonly string[]
}

async function load(store: BlockStore, limits: DocumentLimits): Promise<Loaded> {
  await store.open()
  const library = new Library(store, limits)
  const arrivals = await library.arrivals()
  // All digits of all numbers, as they stand there.
  const document = new Document({ floats: 'exact' })
  const deltas = library.ofOneGeneration(arrivals.deltas, undefined)
  const { blocks } = document.take({ packs: arrivals.packs, deltas })
  return { document, arrivals, blocks, damaged: library.damaged(), names: await store.list() }
}

function filesOf(migration: Migration): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>()
  for (const { id, deltaBytes, pack } of migration.blocks) {
    if (pack) files.set(packName(pack.digest), pack.bytes)
    files.set(deltaName(parseDeltaId(id)!), deltaBytes)
  }
  return files
}

/** The id of an object that is not in the new document as it was in the old one; undefined when all are. */
function differenceOf(source: Document, target: Document, migration: Migration): string | undefined {
  const lists = new Map(migration.orders())
  for (const [list, order] of lists) if (canonicalJson(target.objects.order(list)) !== canonicalJson(order)) return list
  for (const id of target.objects.ids()) {
    if (!isDescriptor(id) || lists.has(id) || !target.objects.isLive(id)) continue
    // Of generation A, a list of an object that lost to a deletion: readers see neither.
    if (source.generation !== 'A') return id
  }
  const ids = new Set<string>()
  for (const old of source.objects.ids()) {
    const id = migration.idOf(old)
    ids.add(id)
    const [before, after] = [leavesOf(source.objects, old), leavesOf(target.objects, id)]
    const same = isDescriptor(old)
      ? migration.settled.includes(id) || before.size === after.size
      : isSameLeaves(before, after, value => migration.valueOf(old, value), source.generation === 'A')
    if (!same) return id
  }
  for (const id of target.objects.ids()) if (!isDescriptor(id) && !ids.has(id)) return id
  return textOf(source) === textOf(target) ? undefined : rootId
}

/** The values of the leaves of an object by their texts, the winner last; undefined stands for a deletion. */
function leavesOf(objects: Objects, id: string): Map<string, JsonObject | undefined> {
  const leaves = new Map<string, JsonObject | undefined>()
  for (const leaf of objects.tree(id)?.leaves ?? [])
    leaves.set(leaf.text, isDeleted(leaf) ? undefined : objects.valueAt(leaf))
  return leaves
}

/** @param fewer of generation A, two that differed in a list only may be one, which a change of one of them has followed */
function isSameLeaves(
  before: ReadonlyMap<string, JsonObject | undefined>,
  after: ReadonlyMap<string, JsonObject | undefined>,
  changed: (value: JsonObject) => JsonObject,
  fewer: boolean,
): boolean {
  const text = (value: JsonObject | undefined): string => (value ? canonicalJson(value) : '')
  const old = [...before.values()].map(value => text(value && changed(value)))
  const now = [...after.values()].map(text)
  // An object that was deleted before anybody could see it has gone.
  if (now.length === 0) return old.every(each => each === '')
  const isIn = (some: readonly string[], all: readonly string[]): boolean => {
    const known = new Set(all)
    return some.every(each => known.has(each))
  }
  return old.at(-1) === now.at(-1) && isIn(now, old) && (fewer || isIn(old, now))
}

const textOf = ({ objects }: Document): string => canonicalJson(unflatten(rootId, id => objects.visible(id)) ?? null)

const isSame = (one: Uint8Array | undefined, other: Uint8Array): boolean =>
  one !== undefined && one.length === other.length && one.every((byte, i) => byte === other[i])

function occupied({ location }: BlockStore, file: string): CodedError<'store-occupied'> {
  const message = `${location} holds something else already (${file}): migrate into a place of its own`
  return new CodedError('store-occupied', message, { location, file })
}

function unequal({ location }: BlockStore, object: string): CodedError<'migration-unequal'> {
  const message = `What was written into ${location} is not what was read, at the object ${object}: do not use it, and keep the old one. Please report this`
  return new CodedError('migration-unequal', message, { location, object })
}
