import {
  type Channel,
  type ChannelListener,
  type ConnectionState,
  type Environment,
  type PeerId,
  platformEnvironment,
  type Transport,
  tellListener,
} from '../ports/index.js'
import { Chance } from './chance.js'

/** What happens to messages. */
export interface TransportFaults {
  /** The share of messages that are lost, from 0 to 1. */
  loss: number
  /** The share of messages that come twice. */
  duplicates: number
  /** Each message is late by 0 up to so many milliseconds: so those that come after overtake it. */
  delayMs: number
}

/** How a {@link FaultyTransport} fails. What is left out does not happen. */
export interface FaultyTransportOptions extends Partial<TransportFaults> {
  /** From it follows what happens to each message of a channel: to the first that goes out, to the second, and so on; and likewise to those that come in. */
  readonly seed: number
  /** Whose timers make messages late. Default: those of the platform. */
  readonly environment?: Environment
}

/** What has happened to messages until now. */
export interface FaultCounts {
  lost: number
  repeated: number
  late: number
}

/** How much may be late at a time, in bytes; what is beyond is lost. */
const maxLateBytes = 16 * 1024 * 1024
/** What one late message costs beside its own bytes. */
const messageOverheadBytes = 100

/**
 * A transport that loses, repeats and reorders the messages of another, on the way out and on the way in: for tests of whatever must bear that, such as an app's.
 * It still keeps the contract of {@link Transport}. Presence and states pass as they are. What is late when the connection is lost, or the channel is closed, is lost.
 */
export class FaultyTransport implements Transport {
  /** Can be changed at any time; holds for messages that are sent or come then. */
  readonly faults: TransportFaults
  readonly counts: FaultCounts = { lost: 0, repeated: 0, late: 0 }
  /** @internal */
  readonly environment: Environment
  /** @internal */
  lateBytes = 0
  /** @internal Of the channels that are not closed. */
  readonly ways = new Set<FaultyWay>()
  private readonly transport: Transport
  private readonly seed: number

  /** @param transport is closed with this one */
  constructor(transport: Transport, options: FaultyTransportOptions) {
    const { seed, environment = platformEnvironment, loss = 0, duplicates = 0, delayMs = 0 } = options
    this.transport = transport
    this.seed = seed
    this.environment = environment
    this.faults = { loss, duplicates, delayMs }
  }

  get maxMessageBytes(): number {
    return this.transport.maxMessageBytes
  }

  get keeps(): boolean | undefined {
    return this.transport.keeps
  }

  join(name: string, listener: ChannelListener): Channel {
    const out = new FaultyWay(this, Chance.of(this.seed, name, 'out'))
    const back = new FaultyWay(this, Chance.of(this.seed, name, 'in'))
    const channel = this.transport.join(name, {
      message: (from, bytes) =>
        back.pass(bytes, () => tellListener(name, listener, listener => listener.message(from, bytes))),
      peers: present => listener.peers(present),
      state(state, reason) {
        for (const way of [out, back]) way.enter(state)
        listener.state(state, reason)
      },
    })
    for (const way of [out, back]) this.ways.add(way)
    return new FaultyChannel(channel, out, back)
  }

  /** Ends the faults: whatever is sent or comes from now on arrives as over the transport itself. What is late already stays so. */
  heal(): void {
    Object.assign(this.faults, { loss: 0, duplicates: 0, delayMs: 0 } satisfies TransportFaults)
  }

  close(): Promise<void> {
    for (const way of this.ways) way.close()
    return this.transport.close()
  }
}

class FaultyChannel implements Channel {
  private readonly channel: Channel
  private readonly out: FaultyWay
  private readonly back: FaultyWay

  constructor(channel: Channel, out: FaultyWay, back: FaultyWay) {
    this.channel = channel
    this.out = out
    this.back = back
  }

  publish(bytes: Uint8Array, lasting?: boolean): void {
    this.out.pass(bytes, () => this.channel.publish(bytes, lasting))
  }

  send(to: PeerId, bytes: Uint8Array): void {
    this.out.pass(bytes, () => this.channel.send(to, bytes))
  }

  announce(payload: Uint8Array): void {
    this.channel.announce(payload)
  }

  close(): void {
    for (const way of [this.out, this.back]) way.close()
    this.channel.close()
  }
}

/** One direction of a channel. */
class FaultyWay {
  private readonly transport: FaultyTransport
  private readonly chance: Chance
  private readonly late = new Set<() => void>()
  private isOpen = false

  constructor(transport: FaultyTransport, chance: Chance) {
    this.transport = transport
    this.chance = chance
  }

  /** Delivers a message: now or later, once or twice, or never. */
  pass(bytes: Uint8Array, deliver: () => void): void {
    const { faults, counts } = this.transport
    if (!this.isOpen) {
      deliver()
      return
    }
    // As many numbers for each message, whatever happens to it: so what happens to those after it does not change with it.
    const [loss, repetition, ...lateness] = Array.from({ length: 4 }, () => this.chance.number())
    if (loss < faults.loss) {
      counts.lost++
      return
    }
    const copies = repetition < faults.duplicates ? 2 : 1
    counts.repeated += copies - 1
    for (const share of lateness.slice(0, copies)) this.deliver(bytes, deliver, share * faults.delayMs)
  }

  /** What is late is lost with the connection. */
  enter(state: ConnectionState): void {
    this.isOpen = state === 'online'
    if (!this.isOpen) for (const forget of [...this.late]) forget()
  }

  close(): void {
    this.enter('offline')
    this.transport.ways.delete(this)
  }

  private deliver({ length }: Uint8Array, deliver: () => void, delayMs: number): void {
    const { transport } = this
    const heldBytes = length + messageOverheadBytes
    if (delayMs === 0) {
      deliver()
      return
    }
    if (transport.lateBytes + heldBytes > maxLateBytes) {
      transport.counts.lost++
      return
    }
    transport.counts.late++
    transport.lateBytes += heldBytes
    const forget = () => {
      cancel()
      this.late.delete(forget)
      transport.lateBytes -= heldBytes
    }
    const cancel = transport.environment.schedule(() => {
      forget()
      deliver()
    }, delayMs)
    this.late.add(forget)
  }
}
