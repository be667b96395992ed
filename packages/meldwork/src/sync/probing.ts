import type { PeerId } from '../ports/index.js'
import type { Confirmations } from './confirmations.js'
import { MessageType } from './envelope.js'
import type { SessionHost } from './host.js'
import { type Reach, writeReach } from './messages.js'
import type { Outbox } from './outbox.js'
import type { Peers } from './peers.js'

/** How soon after a write a peer is asked whether it has it; doubling up to the second. */
const leastProbeMs = 100
const mostProbeMs = 30_000

/**
 * Finds out which of this clone's own operations others have: asks one of them, again and again, ever more rarely, while it goes unanswered. Where
 * there is a keeper to be asked, it is asked at once.
 */
export class Probing {
  private readonly host: SessionHost
  private readonly outbox: Outbox
  private readonly peers: Peers
  private readonly confirmations: Confirmations
  private readonly awaits: (peer: PeerId) => void
  private delayMs = leastProbeMs
  private cancel: (() => void) | undefined
  private stopped = true

  /** @param awaits called with whoever is asked */
  constructor(
    host: SessionHost,
    outbox: Outbox,
    peers: Peers,
    confirmations: Confirmations,
    awaits: (peer: PeerId) => void,
  ) {
    this.host = host
    this.outbox = outbox
    this.peers = peers
    this.confirmations = confirmations
    this.awaits = awaits
  }

  /** Something new is to be confirmed, or somebody new may confirm. */
  begin(): void {
    this.stopped = false
    if (this.delayMs > leastProbeMs) this.hold()
    this.delayMs = leastProbeMs
    if (this.host.needsKeeper) this.probe()
    this.later()
  }

  /** Nobody is to be reached. */
  stop(): void {
    this.stopped = true
    this.hold()
  }

  private hold(): void {
    this.cancel?.()
    this.cancel = undefined
  }

  private later(): void {
    if (this.confirmations.count === 0) return
    this.cancel ??= this.host.schedule(
      () => {
        this.cancel = undefined
        if (this.stopped || this.confirmations.count === 0) return
        this.probe()
        this.delayMs = Math.min(this.delayMs * 2, mostProbeMs)
        this.later()
      },
      this.delayMs * (1 + this.host.random() / 2),
    )
  }

  private probe(): void {
    if (this.confirmations.count === 0) return
    const asked = this.whomToAsk()
    if (asked.length === 0) return
    const { ids } = this.host.graph.replicas
    const reach = Array.from(this.confirmations.needed(), ([replica, counter]) => ({ replica: ids[replica], counter }))
    const to = asked[Math.floor(this.host.random() * asked.length)]
    this.outbox.send(to, MessageType.probe, writer => writeReach(writer, reach))
    this.awaits(to)
  }

  /** Rather one that has what the domain holds than one that is new. */
  private whomToAsk(): readonly PeerId[] {
    const all = [...this.peers].filter(([, peer]) => !peer.isSpared)
    const ids = (of: typeof all) => of.map(([id]) => id)
    if (this.host.needsKeeper) return ids(all.filter(([, peer]) => peer.keeps))
    const settled = all.filter(([, peer]) => !peer.isNew)
    return ids(settled.length > 0 ? settled : all)
  }

  /** A peer is asked how far it has come. */
  answer(from: PeerId, asked: Reach): void {
    const { replicas } = this.host.graph
    const reach = asked.flatMap(({ replica }) => {
      const index = replicas.find(replica)
      return index >= 0 && replicas.counters[index] > 0 ? [{ replica, counter: replicas.counters[index] }] : []
    })
    this.outbox.send(from, MessageType.reached, writer => writeReach(writer, reach))
  }
}
