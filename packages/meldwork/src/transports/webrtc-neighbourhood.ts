import { hexadecimal } from '../codec/index.js'
import type { Transport } from '../ports/index.js'
import { Neighbour, type NeighbourHost } from './webrtc-neighbour.js'
import { leastMessageBytes, type Settings } from './webrtc-options.js'
import { escapeBytes, nameBytes } from './webrtc-signal.js'
import { noCounts } from './webrtc-statistics.js'

/** The other transports that can be reached by WebRTC, of which so many are connected to at most. */
export class Neighbourhood implements NeighbourHost {
  readonly settings: Settings
  readonly counts = noCounts()
  /** What this transport is called by the others. */
  readonly transportId: Uint8Array
  readonly ownId: string
  private readonly neighbours = new Map<string, Neighbour>()
  private readonly over: Transport
  private isWaking = false

  /** @param over what carries the signals, and what does not go directly */
  constructor(settings: Settings, over: Transport) {
    this.settings = settings
    this.over = over
    this.transportId = settings.environment.random(nameBytes)
    this.ownId = hexadecimal(this.transportId)
  }

  /** What both ways take, also when a message grows by what undoes its likeness to a signal. */
  get maxMessageBytes(): number {
    const overBytes = Math.max(leastMessageBytes, this.over.maxMessageBytes - escapeBytes)
    return Math.min(this.settings.maxMessageBytes, overBytes)
  }

  /** @returns undefined for this transport itself */
  find(id: string): Neighbour | undefined {
    if (id === this.ownId) return undefined
    let neighbour = this.neighbours.get(id)
    if (neighbour === undefined) {
      neighbour = new Neighbour(this, id)
      this.neighbours.set(id, neighbour)
    }
    return neighbour
  }

  async close(): Promise<void> {
    await Promise.all([...this.neighbours.values()].map(neighbour => neighbour.close()))
  }

  makeRoom(): boolean {
    const linked = [...this.neighbours.values()].filter(({ link }) => link !== undefined)
    if (linked.length < this.settings.maxPeers) return true
    const idle = linked.find(({ isLingering }) => isLingering)
    void idle?.close()
    return idle !== undefined
  }

  roomMade(): void {
    if (this.isWaking) return
    this.isWaking = true
    queueMicrotask(() => {
      this.isWaking = false
      for (const neighbour of [...this.neighbours.values()]) neighbour.wake()
    })
  }

  forget({ id }: Neighbour): void {
    this.neighbours.delete(id)
  }
}
