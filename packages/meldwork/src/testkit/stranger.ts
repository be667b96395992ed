import type { Channel, PeerId } from '../ports/index.js'
import type { Chance } from './chance.js'
import { damaged, forgery, type Known, newer, newerHello, replicaIn, requestIn, typeOf, Wire } from './forgeries.js'
import type { SimulatedNetwork, SimulatedTransport } from './simulated-network.js'

/**
 * `newer`: it only speaks later versions of the protocol. `hostile`: it repeats messages that it has heard, whole; sends {@link forgery forgeries}; cuts messages short, or,
 * when they neither carry what somebody has written nor name it with its check, damages them in any way. `damaging`: it does all that, and damages any message in any way.
 * The last two say noise of themselves, too. None of them forges what a clone would have to take, but by the damage of the last.
 */
export const strangerKinds = ['newer', 'hostile', 'damaging'] as const
export type StrangerKind = (typeof strangerKinds)[number]

/** So many messages are remembered, the latest ones. */
const mostHeard = 40

/** Messages that carry what somebody has written, or name it together with its check. */
const carriers: ReadonlySet<number | undefined> = new Set([
  Wire.operations,
  Wire.stateItem,
  Wire.stateHeader,
  Wire.fragment,
  Wire.request,
])

/** A member of the channel that is no clone like the others. */
export class Stranger {
  readonly kind: StrangerKind
  private readonly network: SimulatedNetwork
  private transport: SimulatedTransport | undefined
  private channel: Channel | undefined
  private present: PeerId[] = []
  private readonly heard: Uint8Array[] = []
  private readonly replicas: Uint8Array[] = []
  private readonly requests: number[] = []

  constructor(kind: StrangerKind, network: SimulatedNetwork) {
    this.kind = kind
    this.network = network
  }

  /** Comes, when somebody is there and it is not, and hears from then on. */
  come(): void {
    const [name] = this.network.channels
    if (name !== undefined && this.channel === undefined) this.join(name)
  }

  /** Sends some messages: the first of them to all. @returns whether it has: it knows only what it has heard */
  act(chance: Chance): boolean {
    this.come()
    const count = this.heard.length > 0 ? chance.whole(1, 6) : 0
    for (let i = 0; i < count; i++) this.send(chance, i === 0)
    if (this.kind !== 'newer' && chance.happens(0.2)) this.channel?.announce(chance.bytes(chance.whole(0, 100)))
    return count > 0
  }

  private join(name: string): void {
    this.transport = this.network.transport(`a ${this.kind} peer`)
    this.channel = this.transport.join(name, {
      message: (_, bytes) => this.hear(bytes),
      peers: present => {
        this.present = [...present.keys()]
      },
      state: () => {},
    })
  }

  private hear(bytes: Uint8Array): void {
    this.heard.push(bytes)
    if (this.heard.length > mostHeard) this.heard.shift()
    const replica = replicaIn(bytes)
    if (replica !== undefined && this.replicas.length < 10) this.replicas.push(replica)
    const request = requestIn(bytes)
    if (request !== undefined) this.requests.push(request)
  }

  private send(chance: Chance, toAll: boolean): void {
    const message = this.made(chance)
    if (message.length > this.network.maxMessageBytes) return
    if (!toAll && this.present.length > 0 && chance.happens(0.4)) this.channel!.send(chance.pick(this.present), message)
    else this.channel!.publish(message)
  }

  private made(chance: Chance): Uint8Array {
    const message = chance.pick(this.heard)
    const { replicas, requests } = this
    const known: Known = { message, replicas, requests, maxMessageBytes: this.network.maxMessageBytes }
    if (this.kind === 'newer') return chance.happens(0.5) ? newer(message) : newerHello(known, chance)
    if (chance.happens(0.4)) return forgery(known, chance)
    if (chance.happens(0.4)) return message
    const other = chance.pick(this.heard)
    if (this.kind === 'damaging' || !carriers.has(typeOf(message))) return damaged(message, other, chance)
    return message.slice(0, chance.whole(0, message.length - 1))
  }

  /** Goes, and is never seen again. */
  leave(): void {
    this.transport?.kill()
    this.channel = undefined
  }
}
