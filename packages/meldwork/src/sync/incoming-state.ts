import { check64 } from '../codec/index.js'
import { type Graph, StateReader } from '../graph/index.js'
import type { Work } from '../ports/index.js'
import type { Fetch, ItemName, StateOffer } from './messages.js'

/** How many items are under way at a time, and so many are asked for together. */
const window = 8
const portion = 4
/** The most that a state may be: a peer cannot fill the memory of another with one that does not end. */
const maxItems = 65_536
const maxBytes = 512 * 1024 * 1024
/** How many items are read at most when one has come: so that none of the tasks is long. */
const readAtOnce = 1
/** How many bytes of states that were never joined are read before they are whole. What such states brought stays in memory. */
const maxWastedBytes = 64 * 1024 * 1024
/** How often the items that are missing are asked for again before the peer is given up. */
const maxRepeats = 2

/** How far a state has come in. */
export interface CatchUp {
  readonly received: number
  readonly total: number
}

const keyOf = ({ length, check }: ItemName): string => `${length} ${check[0]} ${check[1]}`

/**
 * The items of states that have come, by what is in them. What was interrupted goes on with them, whoever then offers a state: only the items in
 * which it is another one are fetched.
 */
export class HeldItems {
  private readonly items = new Map<string, Uint8Array>()
  private bytes = 0
  /** Bytes of items that were read before their state was whole, and it has not been joined. */
  wastedBytes = 0

  get(name: ItemName): Uint8Array | undefined {
    return this.items.get(keyOf(name))
  }

  hold(name: ItemName, item: Uint8Array): void {
    const key = keyOf(name)
    if (this.items.has(key)) return
    if (this.bytes + item.length > maxBytes) this.clear()
    this.items.set(key, item)
    this.bytes += item.length
  }

  clear(): void {
    this.items.clear()
    this.bytes = 0
  }
}

/**
 * A state that comes in from one peer. Its items may overtake each other, and are checked one by one. They are read, in their order, as they come: so when the last is
 * there, little is left to do.
 */
export class IncomingState {
  readonly stream: number
  private readonly header: Uint8Array
  private readonly names: readonly ItemName[]
  private readonly items: (Uint8Array | undefined)[]
  private readonly held: HeldItems
  /** Places of items that have been asked for and have not come. */
  private readonly underWay = new Set<number>()
  private next = 0
  private received = 0
  private repeats = 0
  private readonly reader: StateReader | undefined
  /** How many items have been read, without the header; and their bytes. */
  private read = 0
  private readBytes = 0

  /**
   * @param held what has come before, of this state or another; what comes is added
   * @param graph in whose ids it is read
   * @throws CodedError `data-malformed`, `data-version`
   */
  constructor(offer: StateOffer, held: HeldItems, graph: Graph) {
    if (held.wastedBytes < maxWastedBytes) this.reader = new StateReader(offer.header, graph, true)
    this.stream = offer.stream
    this.header = offer.header
    this.names = offer.items
    this.held = held
    this.items = offer.items.map(name => held.get(name))
    for (const item of this.items) if (item !== undefined) this.received++
  }

  /** Whether it is more than any domain that fits in memory. */
  static isTooLarge({ items }: StateOffer): boolean {
    return items.length > maxItems || items.reduce((sum, { length }) => sum + length, 0) > maxBytes
  }

  /** The header counts as an item. */
  get progress(): CatchUp {
    return { received: this.received + 1, total: this.names.length + 1 }
  }

  get isWhole(): boolean {
    return this.received === this.items.length
  }

  /** All items in order, once they are here. */
  get whole(): readonly Uint8Array[] | undefined {
    return this.isWhole ? [this.header, ...(this.items as Uint8Array[])] : undefined
  }

  /**
   * Reads some of what has come, or all of it.
   * @throws CodedError `data-malformed`, `data-version`: it is not to be joined
   */
  readOn(most = readAtOnce): void {
    const { reader, items, held } = this
    if (reader === undefined) return
    for (const end = this.read + most; this.read < end; this.read++) {
      const item = items[this.read]
      if (item === undefined) return
      this.readBytes += item.length
      held.wastedBytes += item.length
      try {
        reader.add(item)
      } catch (error) {
        // Whoever offers them again is not to be believed either.
        held.clear()
        throw error
      }
    }
  }

  /**
   * Reads what is left of it when it is whole.
   * @returns what has read all of it; undefined when it is not to be read before it is joined
   * @throws as {@link readOn}
   */
  *readingAll(): Work<StateReader | undefined> {
    while (this.reader !== undefined && this.read < this.items.length) {
      this.readOn(1)
      yield
    }
    return this.reader
  }

  /** It has been joined: what it brought is of use. */
  joined(): void {
    this.held.wastedBytes -= this.readBytes
  }

  /** The places of the items to ask for now, from 1; none when enough are under way. */
  toFetch(): Fetch['items'] {
    const fetched: number[] = []
    if (this.underWay.size > window - portion) return fetched
    for (; this.next < this.items.length && fetched.length < portion; this.next++)
      if (this.items[this.next] === undefined) fetched.push(this.next + 1)
    for (const place of fetched) this.underWay.add(place)
    return fetched
  }

  /** Nothing has come for a while. @returns the places of what is missing, to be asked for again; none when that has been done often enough */
  toRepeat(): Fetch['items'] {
    return this.repeats++ < maxRepeats ? [...this.underWay].sort((a, b) => a - b) : []
  }

  /** How long an item is, if it has been asked for and has not come. */
  lengthOf(place: number): number | undefined {
    return this.underWay.has(place) ? this.names[place - 1].length : undefined
  }

  /** An item has come. @returns whether it is what the offer says */
  take(place: number, item: Uint8Array): boolean {
    const name = this.names[place - 1]
    const [one, two] = check64(item)
    if (item.length !== name.length || one !== name.check[0] || two !== name.check[1]) return false
    if (!this.underWay.delete(place)) return true
    this.items[place - 1] = item
    this.received++
    this.repeats = 0
    this.held.hold(name, item)
    return true
  }
}
