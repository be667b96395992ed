import {
  type Channel,
  type ChannelListener,
  type ConnectionState,
  type PeerId,
  platformEnvironment,
  type Transport,
} from '../ports/index.js'
import type { SuiteClone, SuiteCloneOptions } from './transport-clones.js'

/** Some transports that reach each other, and what a test can do to them. */
export interface TransportSetup {
  /** As many as asked for, each as if in an app of its own. */
  readonly transports: readonly Transport[]
  /** Power `cut`: takes the network from one transport, without a farewell. */
  cut?(index: number): void | Promise<void>
  /** Power `cut`: gives it back. */
  restore?(index: number): void | Promise<void>
  /** Power `clog`: one transport reads nothing more of what comes to it, by connections that it makes now either; it may still send. */
  clog?(index: number): void | Promise<void>
  /** Power `clog`: it reads again: what has been held for it, and what comes then. */
  flow?(index: number): void | Promise<void>
  /** Power `restartServer`: stops what is between the transports and starts it again. */
  restartServer?(): void | Promise<void>
  /** Power `heldBytes`: how much all of them, and what is between them, hold in memory for delivery now. */
  heldBytes?(): number
  /** Frees everything; the suite has closed the transports. */
  close(): void | Promise<void>
}

/** What is tested, and what may be asked of it. Powers are declared, not probed: a test without its power is skipped. */
export interface TransportSuiteOptions {
  create(transportCount: number): TransportSetup | Promise<TransportSetup>
  powers?: {
    readonly cut?: boolean
    readonly clog?: boolean
    readonly restartServer?: boolean
    readonly heldBytes?: boolean
  }
  /** Opens a clone: `options => openClone({ ...options, store: new MemoryStore() })`. Without it, no clones are put to the test. */
  openClone?: (options: SuiteCloneOptions) => Promise<SuiteClone>
  /** From which the faults follow that clones must bear; a failure names it. Default: a new one for each run. */
  seed?: number
  /** The bound of `heldBytes`. Default: 64 MiB. */
  maxHeldBytes?: number
  /** How long to wait for what should happen. Default: 10,000. */
  timeoutMs?: number
}

/** The members of one test, and what went wrong in their callbacks. */
export class World {
  readonly options: TransportSuiteOptions
  readonly setup: TransportSetup
  readonly violations: string[] = []
  /** More than 0 while a member calls its channel. */
  calling = 0
  private memberCount = 0

  constructor(options: TransportSuiteOptions, setup: TransportSetup) {
    this.options = options
    this.setup = setup
  }

  get timeoutMs(): number {
    return this.options.timeoutMs ?? 10_000
  }

  join(index: number, channel: string, payload = 'payload'): Member {
    return new Member(this, this.setup.transports[index], channel, payload, `[${channel} ${++this.memberCount}]`)
  }

  call<Result>(act: () => Result): Result {
    this.calling++
    try {
      return act()
    } finally {
      this.calling--
    }
  }

  /** A member on each of these transports, all online and acquainted. */
  async together(indexes: number[], channel: string): Promise<Member[]> {
    const members = indexes.map(index => this.join(index, channel))
    await Promise.all(members.map(member => member.online()))
    await this.acquainted(members)
    return members
  }

  /** Each sees exactly the others, with the payloads announced last. */
  async acquainted(members: Member[]): Promise<void> {
    await Promise.all(members.map(member => member.seesOnly(others(members, member))))
  }

  /** Publishes a message that names its sender until the receivers have it. */
  async reaches(sender: Member, receivers: Member[]): Promise<void> {
    const marker = `${sender.label} says ${++sender.said}.`
    const arrived = receivers.map(each => each.until(() => each.heard(marker), `"${marker}" reaches ${each.label}`))
    await this.repeat(() => sender.publish(text(marker)), arrived)
  }

  /** Does something now, and then again, until all of these have come: a transport may lose messages. */
  async repeat(act: () => void, until: Promise<unknown>[]): Promise<void> {
    let done = false
    let cancel = () => {}
    const again = () => {
      if (done) return
      act()
      cancel = platformEnvironment.schedule(again, 200)
    }
    again()
    try {
      await Promise.all(until)
    } finally {
      done = true
      cancel()
    }
  }
}

/** One member of a channel, which writes down what it is told. */
export class Member {
  readonly transport: Transport
  readonly label: string
  readonly messages: { from: PeerId; bytes: Uint8Array }[] = []
  present: ReadonlyMap<PeerId, Uint8Array> = new Map()
  state: ConnectionState | undefined
  stateChanges = 0
  /** How often it was told anything. */
  events = 0
  said = 0
  onMessage: (from: PeerId) => void = () => {}
  onPeers: () => void = () => {}
  private readonly world: World
  private readonly channel: Channel
  private readonly waiting = new Set<() => void>()
  private payload: Uint8Array = new Uint8Array(0)
  private closed = false

  constructor(world: World, transport: Transport, channel: string, payload: string, label: string) {
    this.world = world
    this.transport = transport
    this.label = label
    const listener: ChannelListener = {
      message: (from, bytes) =>
        this.told('a message', () => {
          this.messages.push({ from, bytes })
          this.onMessage(from)
        }),
      peers: present =>
        this.told('who is present', () => {
          this.present = present
          this.onPeers()
        }),
      state: state =>
        this.told('a state', () => {
          this.state = state
          this.stateChanges++
        }),
    }
    this.channel = world.call(() => transport.join(channel, listener))
    this.announce(text(`${label} ${payload}`))
  }

  publish(bytes: Uint8Array): void {
    this.world.call(() => this.channel.publish(bytes))
  }

  send(to: PeerId, bytes: Uint8Array): void {
    this.world.call(() => this.channel.send(to, bytes))
  }

  announce(payload: Uint8Array): void {
    this.payload = payload
    this.world.call(() => this.channel.announce(payload))
  }

  close(): void {
    this.closed = true
    this.world.call(() => this.channel.close())
  }

  /** Whether a message that begins with this text has come. */
  heard(beginning: string): boolean {
    const start = text(beginning)
    return this.messages.some(({ bytes }) => startsWith(bytes, start))
  }

  async online(): Promise<this> {
    await this.until(() => this.state === 'online', 'it is online')
    return this
  }

  /** Waits until it sees the other member with the payload that this one announced last. */
  sees(other: Member): Promise<void> {
    return this.until(() => this.isSeeing(other), `it sees the latest of ${other.label}`)
  }

  /** Waits until it sees these and nobody else. */
  seesOnly(all: Member[]): Promise<void> {
    const seen = () => this.present.size === all.length && all.every(other => this.isSeeing(other))
    return this.until(seen, `it sees the latest of ${all.map(({ label }) => label).join(', ')}, and nobody else`)
  }

  private isSeeing({ payload }: Member): boolean {
    return [...this.present.values()].some(shown => same(shown, payload))
  }

  /** How this member is called by one who sees it. */
  peerIdOn(observer: Member): PeerId {
    for (const [peer, payload] of observer.present) if (same(payload, this.payload)) return peer
    return fail(`${observer.label} does not see ${this.label}`)
  }

  /** Waits for something to be so; looked at whenever this member is told something. */
  until(condition: () => boolean, what: string): Promise<void> {
    if (condition()) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!condition()) return
        cancel()
        this.waiting.delete(look)
        resolve()
      }
      const { timeoutMs } = this.world
      const cancel = platformEnvironment.schedule(() => {
        this.waiting.delete(look)
        reject(new Error(`${this.label}: in ${timeoutMs} ms it did not come to this: ${what} (it is ${this.state})`))
      }, timeoutMs)
      this.waiting.add(look)
    })
  }

  private told(what: string, note: () => void): void {
    this.events++
    if (this.closed) this.world.violations.push(`${this.label} was told ${what} after it had closed`)
    if (this.world.calling > 0) this.world.violations.push(`${this.label} was told ${what} inside a call`)
    note()
    for (const look of [...this.waiting]) look()
  }
}

const encoder = new TextEncoder()
export const text = (value: string) => encoder.encode(value)
export const others = (members: readonly Member[], member: Member) => members.filter(each => each !== member)
/** Bytes without a short period. */
export const pattern = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 255)
export const startsWith = (bytes: Uint8Array, start: Uint8Array) =>
  bytes.length >= start.length && start.every((byte, index) => bytes[index] === byte)

export function same(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false
  return true
}

export function check(condition: boolean, what: string): void {
  if (!condition) fail(what)
}

function fail(what: string): never {
  throw new Error(`The transport breaks its contract: ${what}`)
}
