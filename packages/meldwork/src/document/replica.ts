import {
  canonicalJson,
  compareCodePoints,
  isJsonObject,
  type JsonObject,
  jsonOf,
  type LosslessJson,
  type PlainJson,
  parseJson,
  plainOf,
} from '../codec/index.js'
import { CodedError } from '../errors.js'
import type { BlockStore } from '../ports/index.js'
import { packName } from './block-name.js'
import { ChangeFeed, type ReplicaChange } from './change-feed.js'
import { commitFiles, warningsOf } from './commit-block.js'
import type { Conflict, ConflictSide, ResolvedConflict } from './conflict.js'
import { conflictOf } from './conflict-report.js'
import { type Applied, Document } from './document.js'
import { flatten, type ItemsOption } from './flatten.js'
import type { Generation } from './generation.js'
import { itemsIn } from './known-items.js'
import { type Arrivals, type DamagedFile, defaultLimits, Library } from './library.js'
import { copyMissing } from './meld.js'
import { isDescriptor, rootId } from './names.js'
import type { Objects } from './objects.js'
import type {
  BlockedBlock,
  CommitInformation,
  CommitOptions,
  Committed,
  LogEntry,
  NumbersOption,
  ReadOptions,
  ReplicaOptions,
} from './replica-options.js'
import { checkResolveOptions, decide, type ResolveOptions } from './resolving.js'
import type { Revision } from './revision.js'
import { replayStage, stageOf } from './stage-json.js'
import { Staging, type WritingStyle } from './staging.js'
import { unflatten } from './unflatten.js'

type PlainObject = { [key: string]: PlainJson }
type LosslessObject = { [key: string]: LosslessJson }

/**
 * One copy of a JSON document, kept as immutable files in a {@link BlockStore}: in a folder, for instance, that anything can carry. Copies are changed apart,
 * at any time, and melded at any time; those that have the same files show the same document.
 *
 * A document is an object. In it, objects in fields whose name ends in `♭`, and in arrays there, are objects of their own, with an `_id`: such arrays are
 * lists, and two people can change them, and different objects in them, at a time. All other fields are values of the object they stand in.
 *
 * What is read is in memory: reading and changing are synchronous. Changes are staged, readable at once, and become one immutable block with
 * {@link commit}. Everything that returns a promise happens one after the other; what is changed while a commit is under way is in the next.
 */
export class Replica {
  private readonly library: Library
  private readonly document: Document
  private readonly style: WritingStyle
  private readonly items: ItemsOption
  private readonly floats: 'original' | 'exact'
  private readonly newGeneration: 'B' | 'D'
  private readonly feed: ChangeFeed
  private staging: Staging
  /** Ids of the blocks that this object committed. */
  private readonly own = new Set<string>()
  private lastTurn: Promise<unknown> = Promise.resolve()
  private closing: Promise<void> | undefined

  private constructor(store: BlockStore, options: ReplicaOptions) {
    const {
      generation = 'D',
      items = 'all',
      exponents = 'signed',
      floats = 'original',
      braces = 'plain',
      limits,
    } = options
    this.library = new Library(store, { ...defaultLimits, ...limits })
    this.document = new Document({ floats })
    this.style = { exponents, braces }
    this.items = items
    this.floats = floats
    this.newGeneration = generation
    this.staging = this.newStaging()
    this.feed = new ChangeFeed(() => this.follow())
  }

  /**
   * Opens a document. All of its files are read and checked; damaged ones are set aside ({@link damaged}), and blocks that lack something wait
   * ({@link blocked}): everything else works. Takes time linear in the bytes.
   * @param store closed by {@link close}; more than one replica may use one place, each with a store object of its own
   * @throws CodedError as `store.open`; `option-invalid`
   */
  static async open(store: BlockStore, options: ReplicaOptions = {}): Promise<Replica> {
    checkOptions(options)
    await store.open()
    const replica = new Replica(store, options)
    try {
      replica.take(await replica.library.arrivals())
    } catch (error) {
      await replica.close()
      throw error
    }
    return replica
  }

  /** Where its files are, for messages to people. */
  get location(): string {
    return this.library.store.location
  }

  /** How the folder is written; of an empty one, how it will be. B and D can be changed; A and C are only read. */
  get generation(): Generation {
    return this.document.generation ?? this.newGeneration
  }

  /** Ids of the blocks that no block follows, in the order of blocks: the next commit follows these. */
  get anchors(): readonly string[] {
    return this.document.graph.anchors
  }

  /** Ids of the blocks that follow none, in the order of blocks. More than one when copies began apart. */
  get origins(): readonly string[] {
    return this.document.graph.origins
  }

  /** Whether there are changes that are not committed. */
  get isStaged(): boolean {
    return !this.staging.isEmpty
  }

  // Reading

  /**
   * The document: a copy, with what is staged, each object with its `_id`. Each object stands in one place, the first that refers to it.
   * @throws CodedError `root-missing`; `block-unknown` for `at`; `number-too-large` with native numbers; `replica-closed`
   */
  read(options?: ReadOptions & { numbers?: 'native' | undefined }): PlainObject
  read(options: ReadOptions & { numbers: 'lossless' }): LosslessObject
  read(options?: ReadOptions & NumbersOption): LosslessObject
  read({ numbers = 'native', ...options }: ReadOptions & NumbersOption = {}): LosslessObject {
    return plainOf(this.readJson(options), numbers) as LosslessObject
  }

  /** The document as canonical JSON: compact, fields by code points, all digits of all numbers. @throws as {@link read} */
  readText(options: ReadOptions = {}): string {
    return canonicalJson(this.readJson(options), { exponents: this.style.exponents })
  }

  /** Ids of all objects, lists (`^√@items♭`) and deleted ones included, by code points. */
  objects(): string[] {
    return [...this.document.objects.ids()].sort(compareCodePoints)
  }

  /**
   * The revision of an object that readers see: the greatest of its leaves.
   * @throws CodedError `object-unknown`
   */
  winner(object: string): string {
    return this.winnerOf(object).text
  }

  /** The winner and its ancestors, or a revision and its ancestors, the youngest first. @throws CodedError `object-unknown`, `revision-unknown` */
  history(object: string, revision?: string): string[] {
    const { text } = this.revisionOf(object, revision)
    return this.document.objects.tree(object)!.history(text)
  }

  /**
   * What an object says at a revision, by default at its winner, as it is stored: without `_id`, with references in the place of objects; of a list, its
   * order `A` or the patch `a` of its parent's.
   * @returns undefined when it is deleted there
   * @throws CodedError `object-unknown`, `revision-unknown`; `number-too-large` with native numbers
   */
  value(object: string, revision?: string, options?: { numbers?: 'native' | undefined }): PlainObject | undefined
  value(object: string, revision: string | undefined, options: { numbers: 'lossless' }): LosslessObject | undefined
  value(object: string, revision?: string, { numbers = 'native' }: NumbersOption = {}): LosslessObject | undefined {
    const value = this.document.objects.valueAt(this.revisionOf(object, revision))
    return value && (plainOf(value, numbers) as LosslessObject)
  }

  /** As {@link value}, as canonical JSON. */
  valueText(object: string, revision?: string): string | undefined {
    const value = this.document.objects.valueAt(this.revisionOf(object, revision))
    return value && canonicalJson(value, { exponents: this.style.exponents })
  }

  /** The blocks that count, breadth first from the anchors: the newest first. */
  log(): LogEntry[] {
    const { graph } = this.document
    return [...graph.walk()].map(([id, { parents, packs, information }]) => ({
      id,
      parents,
      packs,
      information: information && (plainOf(information, 'lossless') as LosslessObject),
      anchor: graph.isAnchor(id),
      origin: parents.length === 0,
    }))
  }

  /** Blocks that are here and do not count yet, as something is missing, in the order of blocks. They count as soon as it comes. */
  blocked(): BlockedBlock[] {
    return this.document.graph.blocked().map(({ id, missing }) => ({ id, ...missing }))
  }

  /** Files that were set aside, by name. Each is looked at again by {@link refresh}. */
  damaged(): DamagedFile[] {
    return this.library.damaged()
  }

  // Changing

  /**
   * Makes the document what is given: objects that are not in it any more are deleted. Staged only as far as it differs.
   * @param json the document, as a value or as JSON text
   * @returns the id of its root: `√`, unless it has an `_id`
   * @throws CodedError `document-malformed`, `document-duplicate-id`, `json-malformed`, `value-invalid`: nothing was staged; `generation-read-only`,
   * `replica-closed`
   */
  update(json: unknown): string {
    this.checkWritable()
    const given = typeof json === 'string' ? parseJson(json, { floats: this.floats }) : jsonOf(json)
    const { generation, items } = this
    const { root, objects } = flatten(given, { generation, items, itemsOf: itemsIn(this.document.objects) })
    this.staging.update(objects)
    return root
  }

  /**
   * Creates an object. One that is there gets a second creation, and so a conflict; use {@link updateObject} to change it.
   * @param value without `_id`; its fields are stored as they are, references as ids
   * @returns its revision
   * @throws CodedError `document-malformed`, `value-invalid`, `generation-read-only`, `replica-closed`
   */
  createObject(object: string, value: unknown): string {
    return this.staging.create(this.checkedId(object), objectOf(value)).text
  }

  /**
   * Gives an object a value, and creates it when it is missing: this costs what the object costs, not the document. Of a list, the value is `{ "A": order }`,
   * and what is stored a patch.
   * @returns the winning revision then: the same as before when nothing has changed
   * @throws as {@link createObject}
   */
  updateObject(object: string, value: unknown): string {
    return this.staging.put(this.checkedId(object), objectOf(value)).text
  }

  /** Deletes an object. @returns the deletion; undefined when there is no such object, or it is deleted. @throws as {@link createObject} */
  deleteObject(object: string): string | undefined {
    return this.staging.delete(this.checkedId(object))?.text
  }

  /** Takes back what is staged of an object, then deletes what is committed of it. @returns as {@link deleteObject} */
  removeObject(object: string): string | undefined {
    return this.staging.remove(this.checkedId(object))?.text
  }

  /** What is staged, as JSON that {@link replay} takes; undefined when nothing is. */
  stage(): LosslessObject | undefined {
    const stage = stageOf(this.staging, this.document.values)
    return stage && (plainOf(stage, 'lossless') as LosslessObject)
  }

  /** As {@link stage}, as JSON text: which keeps all numbers as they are. */
  stageText(): string | undefined {
    const stage = stageOf(this.staging, this.document.values)
    return stage && canonicalJson(stage, { exponents: this.style.exponents })
  }

  /** Takes back what is staged, but for what a commit is writing. */
  unstage(): void {
    this.checkOpen()
    this.staging.clear()
  }

  /**
   * Stages again what {@link stage} gave, as a value or as JSON text. What is committed meanwhile is left out.
   * @throws CodedError `stage-malformed`, `block-malformed`, `json-malformed`: nothing was staged; `generation-read-only`, `replica-closed`
   */
  replay(stage: unknown): void {
    this.checkWritable()
    const json = typeof stage === 'string' ? parseJson(stage, { floats: this.floats }) : jsonOf(stage)
    replayStage(json, this.staging, this.document.objects, this.document.values)
  }

  /** Stages the whole order of each list whose latest revision is a patch, so that it can be read without its history. */
  snapshot(): void {
    this.checkWritable()
    this.staging.snapshot()
  }

  /** The objects in conflict, by code points of their ids; lists among them. All numbers are lossless. */
  conflicts(): Conflict[] {
    const { objects, graph } = this.document
    return [...objects.conflicted()].sort(compareCodePoints).map(id => conflictOf(id, objects, graph))
  }

  /**
   * Resolves conflicts: staged, to be committed.
   * @returns what was decided; those that stay in conflict are not among them
   * @throws CodedError `object-unknown`, `object-undisputed`, `revision-unknown`, `option-invalid`: nothing was staged; `generation-read-only`,
   * `replica-closed`; what the strategy throws: conflicts before that one are resolved
   */
  resolve(options: ResolveOptions = {}): ResolvedConflict[] {
    this.checkWritable()
    checkResolveOptions(options)
    const { object } = options
    if (object !== undefined && !this.document.objects.conflicted().has(object)) {
      this.winnerOf(object)
      throw new CodedError('object-undisputed', `${object} has no conflict`, { object })
    }
    return this.decideAll(options)
  }

  // Files

  /**
   * Writes what is staged as one block, durably, after {@link anchors}. Conflicts of lists are resolved with it: the order that readers see becomes the
   * list's. The first block of a document says of each object only what it is in the end.
   * @param options `merge`: conflicts are resolved with it, too, as far as they merge field by field, also when nothing else was staged; others stay
   * @returns undefined when there was nothing to write
   * @throws CodedError `store-failed`: everything is staged as before, and can be committed again; `value-invalid` for the information;
   * `generation-read-only`, `replica-closed`
   */
  commit(information?: CommitInformation, { merge = false }: CommitOptions = {}): Promise<Committed | undefined> {
    return this.turn(() => this.write(informationOf(information), merge))
  }

  /**
   * Takes in what has come into the store, from whomever. Costs what is new, and a look at the names.
   * @returns what has changed
   * @throws CodedError `store-failed`, `replica-closed`
   */
  refresh(): Promise<ReplicaChange> {
    return this.turn(() => this.load())
  }

  /**
   * Copies what another replica or store has and this one lacks, then refreshes. Each file is checked; damaged ones stay where they are, and what is damaged
   * here is replaced by what is whole there. Nothing is changed at the other; nothing staged there is seen.
   * @param other a store is opened if it is not, and left open
   * @returns the names of the copied files
   * @throws CodedError `generation-mismatch`: nothing was copied; `store-failed`; `replica-closed`
   */
  meld(other: Replica | BlockStore): Promise<string[]> {
    return this.turn(async () => {
      const from = 'library' in other ? other.library.store : other
      if (!('library' in other)) await from.open()
      await this.load()
      const copied = await copyMissing(from, this.library, this.document.generation)
      await this.load()
      return copied
    })
  }

  /**
   * Goes to another time of the document: without `until`, to all that is in the store; with, to when only these blocks were known, and those that they
   * follow. A commit then follows these: it makes a branch. Blocks that come later count as usual.
   * @throws CodedError `stage-pending`; `block-unknown`: nothing has changed; `store-failed`, `replica-closed`
   */
  reload({ until }: { readonly until?: readonly string[] | undefined } = {}): Promise<ReplicaChange> {
    return this.turn(async () => {
      const { changes } = this.staging
      if (changes > 0) {
        const message = `There are ${changes} changes that are not committed: commit them, or take them back with unstage()`
        throw new CodedError('stage-pending', message, { changes })
      }
      this.take(await this.library.arrivals())
      const before = this.document.objects
      const { blocks } = this.document.reload(until?.length === 0 ? undefined : until)
      this.staging = this.newStaging()
      return this.tell(blocks, differences(before, this.document.objects))
    })
  }

  /**
   * Changes from now on: by commits, and by what a refresh, a meld or the store itself brings. While a loop runs, the replica refreshes whenever its
   * store tells that something came; a store that cannot tell needs {@link refresh} now and then.
   *
   *     for await (const { objects } of replica.watch()) show(replica.read())
   *
   * A slow loop gets what it missed as one change. It ends with {@link close}; and with an error when a refresh fails.
   */
  watch(): AsyncIterableIterator<ReplicaChange> {
    this.checkOpen()
    return this.feed.changes()
  }

  /** Waits for what is under way, then closes the store. What is staged is lost. Idempotent. */
  close(): Promise<void> {
    this.closing ??= this.lastTurn.then(() => this.feed.close()).then(() => this.library.store.close())
    return this.closing
  }

  // Behind the scenes

  private newStaging(): Staging {
    return new Staging(this.document.objects, this.document.values, this.style)
  }

  private turn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.closing ? Promise.reject(closedError()) : this.lastTurn.then(work)
    this.lastTurn = turn.catch(() => {})
    return turn
  }

  private decideAll(options: ResolveOptions): ResolvedConflict[] {
    const { object, author } = options
    const { objects, graph } = this.document
    const isOurs = ({ block, information }: ConflictSide): boolean =>
      block === undefined || this.own.has(block) || (author !== undefined && information?.author === author)
    const resolved: ResolvedConflict[] = []
    for (const id of object === undefined ? [...objects.conflicted()].sort(compareCodePoints) : [object]) {
      const previous = objects.winner(id)!.text
      const choice = decide(id, objects, graph, options, isOurs)
      if (choice) resolved.push({ object: id, revision: this.staging.resolve(id, choice).text, previous })
    }
    return resolved
  }

  private readJson({ at, root = rootId, missing }: ReadOptions): JsonObject {
    this.checkOpen()
    const objects =
      at === undefined ? this.document.objects : this.document.objectsAt(typeof at === 'string' ? [at] : at)
    const { items } = this
    const document = unflatten(root, id => objects.visible(id), { items, ...(missing && { missing }) })
    if (document) return document
    const waiting = this.document.graph.blocked().length + this.library.damaged().length
    const why =
      waiting > 0
        ? 'look at what is blocked and what is damaged'
        : this.document.graph.size === 0
          ? 'nothing was committed yet'
          : 'it is deleted, or the document begins with another object: name it as root'
    throw new CodedError('root-missing', `${this.location} has no object ${root}: ${why}`, {
      root,
      location: this.location,
    })
  }

  private async write(information: JsonObject | undefined, merge: boolean): Promise<Committed | undefined> {
    const { staging, document, style } = this
    const isMerging = merge && document.objects.conflicted().size > 0
    if (staging.isEmpty && !isMerging) return undefined
    this.checkGeneration()
    const { changes: before } = staging
    if (isMerging) this.decideAll({ strategy: 'merge' })
    if (staging.isEmpty) return undefined
    staging.resolveLists()
    const resolved = staging.all.slice(before)
    if (document.graph.anchors.length === 0) staging.collapse()
    const changes = staging.beginWriting()
    let done = false
    try {
      if (changes.length === 0) return undefined
      const values = staging.newValues(changes)
      const numbered = this.generation === 'D'
      const files = commitFiles(staging.records(changes), values, information, this.anchors, numbered, style)
      if (files.pack) await this.writeFile(packName(files.pack.digest), files.pack.bytes)
      await this.writeFile(`${files.id}.delta`, files.deltaBytes)
      done = true
      const lists = changes.filter(({ object }) => isDescriptor(object))
      const warnings = warningsOf(
        values,
        lists.map(({ object, revision }) => [object, document.objects.valueAt(revision) ?? {}] as const),
        information,
      )
      this.own.add(files.id)
      document.take({ packs: files.pack ? [files.pack] : [], deltas: [{ id: files.id, delta: files.delta }] })
      staging.written(changes, true)
      this.tell([files.id], new Set(changes.map(({ object }) => object)))
      return { id: files.id, warnings }
    } finally {
      if (!done) {
        staging.written(changes, false)
        staging.takeBack(resolved)
      }
    }
  }

  /** Writes a file that may be there: then it is whole afterwards. */
  private async writeFile(name: string, bytes: Uint8Array): Promise<void> {
    const { store } = this.library
    if (this.library.has(name)) return
    const damaged = this.library.isDamaged(name)
    const made = await store.write(name, bytes, damaged ? 'replace' : 'create')
    if (!made && !isSame(await store.read(name).catch(() => undefined), bytes))
      await store.write(name, bytes, 'replace')
    this.library.wrote(name, bytes.length)
  }

  private async load(): Promise<ReplicaChange> {
    const { blocks, objects } = this.take(await this.library.arrivals())
    return this.tell(blocks, objects)
  }

  /** Takes in files, but for blocks of another generation than the others; where a new folder has several, the latest counts. */
  private take({ packs, deltas }: Arrivals): Applied {
    const fitting = this.library.ofOneGeneration(deltas, this.document.generation)
    const applied = this.document.take({ packs, deltas: fitting })
    this.staging.prune()
    return applied
  }

  private tell(blocks: readonly string[], objects: ReadonlySet<string>): ReplicaChange {
    const change = { blocks: [...blocks], objects: [...objects].sort(compareCodePoints) }
    this.feed.tell(change)
    return change
  }

  /** Refreshes when the store tells that something came, until the last loop over changes has ended. */
  private follow(): () => void {
    const { store } = this.library
    let waiting = false
    return (
      store.watch?.(() => {
        // One refresh sees what several tellings told.
        if (waiting || this.closing) return
        waiting = true
        this.turn(() => {
          waiting = false
          return this.load()
        }).catch(error => this.feed.fail(error))
      }) ?? (() => {})
    )
  }

  private checkOpen(): void {
    if (this.closing) throw closedError()
  }

  private checkWritable(): void {
    this.checkOpen()
    this.checkGeneration()
  }

  private checkGeneration(): void {
    const { generation, location } = this
    if (generation === 'B' || generation === 'D') return
    throw new CodedError(
      'generation-read-only',
      `${location} is of generation ${generation}, which is only read: melda migrate writes it as D into another folder`,
      { location, generation },
    )
  }

  private checkedId(object: string): string {
    this.checkWritable()
    if (typeof object === 'string' && object !== '') return jsonOf(object) as string
    throw new CodedError('value-invalid', 'The id of an object must be a text that is not empty', {
      path: '_id',
      expected: 'a text that is not empty',
    })
  }

  private winnerOf(object: string): Revision {
    this.checkOpen()
    const winner = this.document.objects.winner(object)
    if (winner) return winner
    throw new CodedError('object-unknown', `There is no object ${object}`, { object })
  }

  private revisionOf(object: string, revision: string | undefined): Revision {
    const winner = this.winnerOf(object)
    if (revision === undefined) return winner
    const found = this.document.objects.tree(object)!.get(revision)
    if (found) return found
    throw new CodedError('revision-unknown', `${object} has no revision ${revision}`, { object, revision })
  }
}

function checkOptions({ generation, items, exponents, floats, braces }: ReplicaOptions): void {
  const check = (option: string, value: unknown, allowed: readonly string[]): void => {
    if (value === undefined || allowed.includes(value as string)) return
    const expected = allowed.map(each => `'${each}'`).join(' or ')
    throw new CodedError('option-invalid', `The option ${option} must be ${expected}`, { option, expected })
  }
  check('generation', generation, ['B', 'D'])
  check('items', items, ['all', 'original'])
  check('exponents', exponents, ['signed', 'unsigned'])
  check('floats', floats, ['original', 'exact'])
  check('braces', braces, ['plain', 'escaped'])
}

function closedError(): CodedError<'replica-closed'> {
  return new CodedError('replica-closed', 'The replica is closed: open it again', {})
}

function informationOf(information: CommitInformation | undefined): JsonObject | undefined {
  if (information === undefined) return undefined
  const json = objectOf(information)
  return Object.keys(json).length === 0 ? undefined : json
}

function objectOf(value: unknown): JsonObject {
  const json = typeof value === 'string' ? parseJson(value) : jsonOf(value)
  if (isJsonObject(json)) return json
  throw new CodedError('value-invalid', 'An object is expected', { path: '', expected: 'an object' })
}

function isSame(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one !== undefined && one.length === other.length && one.every((byte, i) => byte === other[i])
}

/** Ids of the objects whose leaves are not the same. */
function differences(before: Objects, after: Objects): Set<string> {
  const leavesOf = (objects: Objects, id: string): string =>
    (objects.tree(id)?.leaves ?? []).map(({ text }) => text).join()
  const ids = new Set([...before.ids(), ...after.ids()])
  return new Set([...ids].filter(id => leavesOf(before, id) !== leavesOf(after, id)))
}
