import { hexadecimal, sameBytes } from '../codec/index.js'
import type { Environment, PeerId } from '../ports/index.js'
import { type Here, ownBytes, readTabMessage, type TabMessage } from './broadcast-channel-message.js'
import type { BroadcastChannelLike, TabPlatform } from './broadcast-channel-platform.js'
import { Vigil } from './broadcast-channel-vigil.js'

/** What the visits of one transport have in common. */
export interface VisitHost {
  readonly platform: TabPlatform
  readonly environment: Environment
  readonly maxMessageBytes: number
  readonly silenceMs: number
  readonly counts: { dropped: number; malformed: number }
}

/** More of them than any browser has tabs: somebody makes them up. */
const maxPeers = 1000

/** What a visit tells the member that makes it. */
export interface VisitListener {
  /** What is announced now. */
  payload(): Uint8Array
  peers(present: ReadonlyMap<PeerId, Uint8Array>): void
  message(from: PeerId, bytes: Uint8Array): void
}

/** From one entering of a channel to the next leaving. */
export class Visit {
  readonly present = new Map<PeerId, Uint8Array>()
  /** Whether the others have been told. */
  begun = false
  private readonly host: VisitHost
  private readonly listener: VisitListener
  private readonly peer: PeerId
  private readonly channel: BroadcastChannelLike
  private readonly vigil: Vigil
  private readonly lockWait = new AbortController()
  private releaseLock: (() => void) | undefined
  private ended = false

  constructor(host: VisitHost, name: string, listener: VisitListener) {
    const { environment, silenceMs, platform } = host
    this.host = host
    this.listener = listener
    this.peer = hexadecimal(environment.random(16))
    const lockOf = (peer: PeerId) => `meldwork-1:${name}:${peer}`
    this.vigil = new Vigil({
      environment,
      silenceMs,
      locks: platform.locks,
      lockOf,
      ask: () => this.sayHere('all'),
      gone: peer => this.forget(peer),
    })
    this.channel = platform.openChannel(`meldwork-1:${name}`)
    this.channel.addEventListener('message', event => this.hear(event.data))
    this.channel.addEventListener('messageerror', () => this.malformed())
    this.holdLock(lockOf(this.peer))
  }

  /** Says that it is there, and asks who else is. */
  begin(): void {
    this.begun = true
    this.sayHere('all')
  }

  end(): void {
    this.ended = true
    if (this.begun) this.say({ kind: 'gone', from: this.peer })
    this.channel.close()
    this.vigil.stop()
    this.lockWait.abort()
    this.releaseLock?.()
  }

  /** @param asks who shall say that it is here, too */
  sayHere(asks?: Here['asks']): void {
    if (!this.begun) return
    const here = { kind: 'here', from: this.peer, payload: this.listener.payload() } as const
    this.say({ ...here, locked: this.releaseLock !== undefined, ...(asks === undefined ? {} : { asks }) })
  }

  sendBytes(bytes: Uint8Array, to: PeerId | undefined): void {
    const message = { kind: 'bytes', from: this.peer, bytes: ownBytes(bytes) } as const
    this.say(to === undefined ? message : { ...message, to })
  }

  private say(message: TabMessage): void {
    try {
      this.channel.postMessage(message)
    } catch {
      // Too much for the platform to copy now: a message is lost.
      this.host.counts.dropped++
    }
  }

  private hear(data: unknown): void {
    if (this.ended || !this.begun) return
    const message = readTabMessage(data, this.host.maxMessageBytes)
    if (message === undefined) {
      this.malformed()
      return
    }
    const { from } = message
    if (from === this.peer) return
    this.vigil.heard(from)
    switch (message.kind) {
      case 'here':
        // First the answer: what this one has to say to a newcomer shall come from somebody it knows.
        if (message.asks === 'all' || message.asks === this.peer) this.sayHere()
        this.show(from, message.payload, message.locked)
        break
      case 'gone':
        this.forget(from)
        break
      case 'bytes':
        if (message.to !== undefined && message.to !== this.peer) return
        // One who was given up too early. What it says counts all the same.
        if (!this.present.has(from)) this.sayHere(from)
        this.listener.message(from, message.bytes)
    }
  }

  private show(peer: PeerId, payload: Uint8Array, locked: boolean): void {
    const known = this.present.get(peer)
    if (known === undefined && this.present.size >= maxPeers) {
      this.malformed()
      return
    }
    this.vigil.watch(peer, locked)
    this.present.set(peer, payload)
    if (known === undefined || !sameBytes(known, payload)) this.showPeers()
  }

  private forget(peer: PeerId): void {
    this.vigil.unwatch(peer)
    if (this.present.delete(peer)) this.showPeers()
  }

  private showPeers(): void {
    if (!this.ended) this.listener.peers(new Map(this.present))
  }

  private malformed(): void {
    this.host.counts.malformed++
  }

  /** While it is held, this member is alive. Where there are no locks, others ask. */
  private holdLock(name: string): void {
    const { locks } = this.host.platform
    const { signal } = this.lockWait
    const held = () =>
      new Promise<void>(resolve => {
        this.releaseLock = resolve
        if (this.ended) resolve()
        else this.sayHere()
      })
    locks?.request(name, { mode: 'exclusive', signal }, held).catch(() => {
      this.releaseLock = undefined
    })
  }
}
