import { CodedError } from '../errors.js'
import type { Channel, ChannelListener, PeerId, Transport } from '../ports/index.js'
import type { Chance } from './chance.js'
import type { VirtualTime } from './virtual-time.js'

/** How a {@link SimulatedNetwork} behaves; all of it can be changed at any time. */
export interface NetworkConditions {
  /** The share of messages that are lost, from 0 to 1. */
  loss: number
  /** The share of messages that arrive twice. */
  duplication: number
  /** A message takes from the first to the second of these; with a difference, messages overtake each other. */
  fastestMs: number
  slowestMs: number
}

/**
 * A network in virtual time that loses, duplicates, delays and reorders, and can be cut in two, or in one direction only. It tells the
 * members who is present, also late, and also of members that nothing reaches.
 */
export class SimulatedNetwork {
  readonly conditions: NetworkConditions = { loss: 0, duplication: 0, fastestMs: 1, slowestMs: 1 }
  readonly maxMessageBytes: number
  /** Messages handed to the network, and their bytes. */
  messages = 0
  bytes = 0
  private readonly time: VirtualTime
  private readonly chance: Chance
  private readonly members = new Map<string, Set<SimulatedChannel>>()
  /** `from to`: what one transport sends does not reach the other. */
  private readonly cuts = new Set<string>()
  /** How much longer a message to or from a transport takes, in milliseconds. */
  private readonly slow = new Map<string, number>()
  private peers = 0

  constructor(time: VirtualTime, chance: Chance, maxMessageBytes = 65_536) {
    this.time = time
    this.chance = chance
    this.maxMessageBytes = maxMessageBytes
  }

  /** @param name names the transport in {@link cut} */
  transport(name: string): SimulatedTransport {
    return new SimulatedTransport(this, name)
  }

  /** Nothing that `from` sends reaches `to` any more. */
  cut(from: string, to: string): void {
    this.cuts.add(`${from} ${to}`)
    this.changed()
  }

  /** Everything that a transport sends, or is sent, takes so much longer. */
  slowDown(name: string, delayMs: number): void {
    this.slow.set(name, delayMs)
  }

  /** The names of the channels that somebody is on. */
  get channels(): string[] {
    return [...this.members.keys()]
  }

  /** Undoes every {@link cut} and every {@link slowDown}. */
  heal(): void {
    this.cuts.clear()
    this.slow.clear()
    this.changed()
  }

  private changed(): void {
    for (const channel of this.members.keys()) this.tellPresence(channel)
  }

  /** @internal */
  nextPeer(): PeerId {
    return `peer-${++this.peers}`
  }

  /** @internal */
  enter(channel: SimulatedChannel): void {
    const members = this.members.get(channel.name) ?? new Set()
    this.members.set(channel.name, members.add(channel))
    this.tellPresence(channel.name)
  }

  /** @internal */
  leave(channel: SimulatedChannel): void {
    if (this.members.get(channel.name)?.delete(channel)) this.tellPresence(channel.name)
  }

  /** @internal Tells every member who is there, each after a delay of its own. */
  tellPresence(name: string): void {
    for (const member of this.members.get(name) ?? [])
      this.later(() => {
        const present = new Map<PeerId, Uint8Array>()
        for (const other of this.members.get(name) ?? [])
          if (other !== member && this.reaches(other, member)) present.set(other.peer, other.payload)
        member.tell(listener => listener.peers(present))
      })
  }

  private reaches(from: SimulatedChannel, to: SimulatedChannel): boolean {
    return !this.cuts.has(`${from.transport.name} ${to.transport.name}`)
  }

  /** @internal Runs after as long as a message takes. @param moreMs how much longer */
  later(run: () => void, moreMs = 0): void {
    const { fastestMs, slowestMs } = this.conditions
    this.time.schedule(run, fastestMs + this.chance.number() * (slowestMs - fastestMs) + moreMs)
  }

  private slownessOf({ transport }: SimulatedChannel): number {
    return this.slow.get(transport.name) ?? 0
  }

  /** @internal */
  carry(from: SimulatedChannel, to: PeerId | undefined, bytes: Uint8Array): void {
    if (bytes.length > this.maxMessageBytes) throw new Error(`A message of ${bytes.length} bytes is too long`)
    this.messages++
    this.bytes += bytes.length
    for (const member of this.members.get(from.name) ?? []) {
      if (member === from || (to !== undefined && member.peer !== to) || !this.reaches(from, member)) continue
      if (this.chance.happens(this.conditions.loss)) continue
      const sender = from.peer
      const receiver = member.peer
      const deliver = () => {
        if (member.peer === receiver) member.tell(listener => listener.message(sender, bytes))
      }
      const moreMs = this.slownessOf(from) + this.slownessOf(member)
      this.later(deliver, moreMs)
      if (this.chance.happens(this.conditions.duplication)) this.later(deliver, moreMs)
    }
  }
}

/** A {@link Transport} on a {@link SimulatedNetwork}. */
export class SimulatedTransport implements Transport {
  readonly name: string
  readonly maxMessageBytes: number
  /** @internal */
  readonly network: SimulatedNetwork
  private readonly channels = new Set<SimulatedChannel>()
  private connected = true
  private closed = false

  constructor(network: SimulatedNetwork, name: string) {
    this.network = network
    this.name = name
    this.maxMessageBytes = network.maxMessageBytes
  }

  join(name: string, listener: ChannelListener): Channel {
    if (this.closed) throw new CodedError('transport-closed', 'This transport is closed', {})
    const channel = new SimulatedChannel(this, name, listener)
    this.channels.add(channel)
    if (this.connected) channel.connect()
    return channel
  }

  /** @internal */
  forget(channel: SimulatedChannel): void {
    this.channels.delete(channel)
  }

  /** Pulls the cable, or plugs it in again. */
  connect(connected: boolean): void {
    if (connected === this.connected) return
    this.connected = connected
    for (const channel of this.channels) {
      if (connected) channel.connect()
      else channel.disconnect(true)
    }
  }

  /** The process has died: it hears nothing any more, and the others learn of it. */
  kill(): void {
    this.closed = true
    for (const channel of [...this.channels]) channel.close()
  }

  async close(): Promise<void> {
    this.kill()
  }
}

/** @internal */
export class SimulatedChannel implements Channel {
  readonly transport: SimulatedTransport
  readonly name: string
  peer: PeerId = ''
  payload: Uint8Array = new Uint8Array(0)
  private readonly listener: ChannelListener
  private closed = false

  constructor(transport: SimulatedTransport, name: string, listener: ChannelListener) {
    this.transport = transport
    this.name = name
    this.listener = listener
  }

  connect(): void {
    const { network } = this.transport
    const peer = network.nextPeer()
    this.peer = peer
    network.later(() => {
      if (this.peer !== peer) return
      this.tell(listener => listener.state('online'))
      if (this.peer === peer) network.enter(this)
    })
  }

  disconnect(tells: boolean): void {
    const { network } = this.transport
    this.peer = ''
    network.leave(this)
    if (!tells) return
    network.later(() => {
      if (this.peer !== '') return
      this.tell(listener => listener.state('offline', 'the cable was pulled'))
      this.tell(listener => listener.peers(new Map()))
    })
  }

  /** Calls the listener, unless it has left. */
  tell(what: (listener: ChannelListener) => void): void {
    if (!this.closed) what(this.listener)
  }

  publish(bytes: Uint8Array): void {
    if (this.peer !== '' && !this.closed) this.transport.network.carry(this, undefined, bytes)
  }

  send(to: PeerId, bytes: Uint8Array): void {
    if (this.peer !== '' && !this.closed) this.transport.network.carry(this, to, bytes)
  }

  announce(payload: Uint8Array): void {
    this.payload = payload
    if (this.peer !== '') this.transport.network.tellPresence(this.name)
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.disconnect(false)
    this.transport.forget(this)
  }
}
