import { replicaName } from '../causality/index.js'
import { Reader, Writer } from '../codec/index.js'
import type { Store, StoreChange } from '../ports/index.js'
import { newerFormat, readPart } from './meta.js'

/** The version of the list of lives that this engine writes, and the greatest that it reads. */
const livesVersion = 1
/** How many bytes name a life: random ones. */
export const lifeBytes = 8
/** Where the store keeps its lives, once it has had more than its first. */
export const livesKey = 'lives'

/** A line of history of a store: what it committed from one opening, or rollback, to the next. */
export interface Life {
  readonly id: Uint8Array
  /** The last durable ticks before it. */
  readonly since: number
}

/** The life in which a transaction was committed. @param lives in order */
export const lifeOf = (lives: readonly Life[], ticks: number): Life | undefined =>
  lives.findLast(({ since }) => since < ticks)

/** A place in the history of a store: after the transaction with these ticks, in this life. */
export interface Cursor {
  /** As `status` names it: 16 hexadecimal digits. */
  readonly life: string
  readonly ticks: number
}

/**
 * The lives of a store, in order. Each ends where the next begins, so that ticks which are used twice are told apart: after a crash that took back what
 * was not durable, in a backup that was restored, in a folder that was copied, after a rollback. A life begins with the first transaction that is committed after an
 * opening, or after a rollback; it is written in the batch of that transaction. An opening that commits nothing begins none.
 */
export class Lives {
  private readonly lives: Life[]
  /** How many of them earlier openings have left. */
  private readonly inherited: number
  private readonly random: (length: number) => Uint8Array
  /** Whether the last one is of this opening, and has not ended in a rollback. */
  private begun: boolean
  private written: boolean
  private name: string

  /**
   * @param lives what the store has: at least one
   * @param begun whether the last of them begins with this opening, since the store is new
   */
  constructor(lives: readonly Life[], begun: boolean, random: (length: number) => Uint8Array) {
    this.lives = [...lives]
    this.inherited = lives.length
    this.begun = begun
    this.written = begun
    this.random = random
    this.name = nameOf(this.lives.at(-1)!)
  }

  /** The name of the one that now is. */
  get current(): string {
    return this.name
  }

  /**
   * A transaction is about to be committed: begins a life, if it is time.
   * @param durableTicks the last that are durable; asked for only when a life begins
   * @param floor cursors before these ticks are of no use any more
   * @returns what its batch must write, too
   */
  commit(durableTicks: number, floor: number): StoreChange | undefined {
    if (this.written) return undefined
    if (!this.begun) this.begin(durableTicks)
    this.written = true
    return this.change(floor)
  }

  /**
   * What a checkpoint must write beside the ticks that it covers: after a rollback they may be beyond all that was committed, and would then be taken for those of the
   * life before.
   */
  unwritten(floor: number): StoreChange | undefined {
    return this.begun && !this.written ? this.change(floor) : undefined
  }

  private change(floor: number): StoreChange {
    const { lives } = this
    const kept = lives.filter((_, i) => i === lives.length - 1 || lives[i + 1].since >= floor)
    return { key: livesKey, value: encodeLives(kept) }
  }

  /** Everything after these ticks has been lost. */
  rollBack(durableTicks: number): void {
    const { lives } = this
    // One of which nothing became durable has never been.
    if (lives.length > this.inherited && lives.at(-1)!.since === durableTicks) lives.pop()
    this.begin(durableTicks)
    this.written = false
  }

  private begin(since: number): void {
    const life = { id: this.random(lifeBytes), since }
    this.lives.push(life)
    this.begun = true
    this.name = nameOf(life)
  }

  /** The place after these ticks, which are not beyond now. @returns undefined when it is before the first life that is remembered */
  at(ticks: number): Cursor | undefined {
    const life = lifeOf(this.lives, ticks) ?? this.lives[0]
    return life.since > ticks ? undefined : { life: nameOf(life), ticks }
  }

  /** Whether a place is in this history, given that its ticks are not beyond now. */
  has({ life, ticks }: Cursor): boolean {
    const at = this.lives.findIndex(known => nameOf(known) === life)
    if (at < 0) return false
    return this.lives[at].since <= ticks && ticks <= (this.lives[at + 1]?.since ?? Number.POSITIVE_INFINITY)
  }
}

const nameOf = ({ id }: Life): string => replicaName(id)

export function encodeLives(lives: readonly Life[]): Uint8Array {
  const writer = new Writer(lives.length * 16 + 8)
  writer.uint8(livesVersion)
  writer.varint(lives.length)
  for (const { id, since } of lives) {
    writer.block(id)
    writer.varint(since)
  }
  return writer.take()
}

/**
 * Reads the lives of a store.
 * @param first the one that it was made with
 * @param ticks its last transaction
 * @throws CodedError `store-corrupt`; `store-format` when newer software wrote it
 */
export async function readLives(store: Store, first: Uint8Array, ticks: number): Promise<Life[]> {
  const bytes = await store.get(livesKey)
  if (bytes === undefined) return [{ id: first, since: 0 }]
  const version = bytes[0] ?? 0
  if (version > livesVersion) throw newerFormat(store, 'its lives are of format', version, livesVersion)
  return readPart(store, livesKey, () => decodeLives(new Reader(bytes, 'list of lives'), ticks))
}

function decodeLives(reader: Reader, ticks: number): Life[] {
  if (reader.uint8() === 0) reader.fail('its version is 0')
  const count = reader.varintUpTo(reader.remaining / (lifeBytes + 2), 'a number of lives')
  if (count === 0) reader.fail('there are none')
  const lives: Life[] = []
  for (let i = 0; i < count; i++) {
    const id = reader.block()
    if (id.length !== lifeBytes) reader.fail('the name of a life has another length')
    const since = reader.varintUpTo(ticks, 'the beginning of a life')
    if (i > 0 && since < lives[i - 1].since) reader.fail('lives are out of order')
    lives.push({ id: id.slice(), since })
  }
  reader.finish()
  return lives
}
