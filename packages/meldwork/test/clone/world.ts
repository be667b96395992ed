/** A world in virtual time for tests of a few clones, and a transport whose other end is the test. */
import { check32, Writer } from '../../src/codec/index.js'
import { type Clone, type CloneOptions, openClone } from '../../src/index.js'
import { entriesAt } from '../../src/journal/index.js'
import type { Channel, ChannelListener, PeerId, Store, StoreChange, Transport } from '../../src/ports/index.js'
import { channelOf } from '../../src/sync/channel.js'
import { type MessageType, open, seal } from '../../src/sync/envelope.js'
import { Chance } from '../../src/testkit/chance.js'
import { SimulatedNetwork } from '../../src/testkit/simulated-network.js'
import { SimulatedDisk } from '../../src/testkit/simulated-store.js'
import { VirtualEnvironment, VirtualTime } from '../../src/testkit/virtual-time.js'

export const domain = 'board.example'

/** What `open` takes beside the options of a clone. */
export type WorldOptions = Partial<Omit<CloneOptions, 'store'>> & {
  readonly disk?: SimulatedDisk
  readonly store?: Store
}

export class World {
  readonly time = new VirtualTime()
  readonly chance: Chance
  readonly network: SimulatedNetwork
  private names = 0

  constructor(seed = 1, maxMessageBytes = 65_536) {
    this.chance = new Chance(seed)
    this.network = new SimulatedNetwork(this.time, this.chance.branch(), maxMessageBytes)
  }

  disk(slowestMs = 0): SimulatedDisk {
    const disk = new SimulatedDisk(this.time, this.chance.branch())
    disk.conditions.slowestMs = slowestMs
    return disk
  }

  environment(): VirtualEnvironment {
    return new VirtualEnvironment(this.time, this.chance.branch())
  }

  /** A clone with a transport of its own on the network, unless the options say otherwise. */
  async open({ disk, ...options }: WorldOptions = {}): Promise<Clone> {
    const transport = 'transport' in options ? options.transport : this.network.transport(`t${++this.names}`)
    const store = options.store ?? (disk ?? this.disk()).store()
    return this.time.settle(
      openClone({ domain, environment: this.environment(), genesis: true, ...options, store, transport }),
    )
  }

  /** A clone without a transport. */
  alone(options: WorldOptions = {}): Promise<Clone> {
    return this.open({ transport: undefined, ...options })
  }

  settle<T>(promise: Promise<T>): Promise<T> {
    return this.time.settle(promise)
  }

  pass(durationMs: number): Promise<void> {
    return this.time.pass(durationMs)
  }

  /** Lets what is under way come to an end. */
  async rest(): Promise<void> {
    await this.time.pass(1000)
  }
}

/** One message that a clone has sent. */
export interface Sent {
  readonly to: PeerId | undefined
  readonly bytes: Uint8Array
}

/** A transport whose other end is the test: it says who is there, what comes in, and looks at what goes out. */
export class Puppet implements Transport {
  readonly sent: Sent[] = []
  payload: Uint8Array | undefined
  maxMessageBytes = 65_536
  listener!: ChannelListener
  left = false

  join(_channel: string, listener: ChannelListener): Channel {
    this.listener = listener
    return {
      publish: bytes => this.sent.push({ to: undefined, bytes }),
      send: (to, bytes) => this.sent.push({ to, bytes }),
      announce: payload => {
        this.payload = payload
      },
      close: () => {
        this.left = true
      },
    }
  }

  async close(): Promise<void> {}

  /** It is online, and these are there. */
  meet(...peers: PeerId[]): void {
    this.listener.state('online')
    this.present(...peers)
  }

  present(...peers: PeerId[]): void {
    this.listener.peers(new Map(peers.map(peer => [peer, new Uint8Array(0)])))
  }

  /** A message of this domain comes in. */
  say(from: PeerId, type: MessageType, write: (writer: Writer) => void): void {
    this.listener.message(from, message(type, write))
  }

  /** Messages of one type that have gone out since the last call of {@link clear}. */
  of(type: MessageType): Sent[] {
    return this.sent.filter(({ bytes }) => {
      const opened = open(bytes, channelOf(domain).check)
      return opened.kind === 'message' && opened.type === type
    })
  }

  clear(): void {
    this.sent.length = 0
  }
}

export function message(
  type: MessageType,
  write: (writer: Writer) => void,
  check = channelOf(domain).check,
): Uint8Array {
  const writer = new Writer(256)
  seal(writer, check, type)
  write(writer)
  return writer.take()
}

/** The payload of a message, for the readers of `sync`. */
export function payloadOf(bytes: Uint8Array) {
  const opened = open(bytes, channelOf(domain).check)
  if (opened.kind !== 'message') throw new Error(`no message, but ${opened.kind}`)
  return opened.payload
}

/** Makes the journal of a clone forget what of it is in memory, as it does with what is older: it is read from the store. */
export function forgetJournal(clone: Clone): void {
  // biome-ignore lint/complexity/useLiteralKeys: the way to what an app cannot ask for
  const { journal } = clone['transactions']
  // biome-ignore lint/complexity/useLiteralKeys: the same
  while (journal['cachedFrom'] < journal.count) journal['uncacheOldest']()
}

/** All that a clone shows, as lines. */
export function contents(clone: Clone): string[] {
  return Array.from(clone.quads(), ({ subject, predicate, object }) =>
    [subject.value, predicate.value, object.termType === 'Literal' ? JSON.stringify(object.value) : object.value].join(
      ' ',
    ),
  ).sort()
}

/** A value of a store, whose last four bytes become its check: as if it had been written so. */
export function sealed(value: Uint8Array): Uint8Array {
  new DataView(value.buffer, value.byteOffset).setUint32(value.length - 4, check32(value.subarray(0, -4)), true)
  return value
}

/** The entries of the journal that stand in a store, or are given to it: with their ticks, in order. */
export function entriesIn(changes: readonly StoreChange[]): (readonly [ticks: number, entry: Uint8Array])[] {
  return changes.flatMap(({ key, value }) =>
    key.startsWith('journal/') && value !== null ? entriesAt(key, value.subarray(0, -4)) : [],
  )
}
