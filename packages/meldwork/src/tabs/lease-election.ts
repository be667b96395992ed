import { hexadecimal, sha256Of } from '../codec/index.js'
import type { Channel, Environment, LeasableStore, PeerId, Transport } from '../ports/index.js'
import type { Election, Tenure } from './election.js'

/** How long a holder may take to answer a tab that has just come, before it is held for dead. (If it is not, it finds out at its next write.) */
const answerMs = 500

/** What candidates say of themselves to each other: a name, and whether it holds the lease. */
const holding = ' holds'

/**
 * Without Web Locks: by a lease in the store itself, which names its holder. The candidates, and the holder, are members of a channel of
 * their own, which tells when one of them has gone; whoever then is the first to write its own name over that of the dead has the lease. It
 * does not matter who is wrong about a death: the store takes nothing from one whose name is not in it.
 */
export class LeaseElection implements Election {
  private readonly store: LeasableStore
  private readonly transport: Transport
  private readonly environment: Environment

  /** @param transport among the tabs of the origin */
  constructor(store: LeasableStore, transport: Transport, environment: Environment) {
    this.store = store
    this.transport = transport
    this.environment = environment
  }

  wait(signal: AbortSignal): Promise<Tenure> {
    const { store, transport, environment } = this
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const candidate = new Candidate(store, transport, environment, { elected: resolve, failed: reject })
      signal.addEventListener('abort', () => candidate.giveUp(signal.reason), { once: true })
    })
  }
}

interface CandidateListener {
  elected(tenure: Tenure): void
  failed(error: unknown): void
}

/** One that waits for the lease; then one that has it, until it is lost or given back. */
class Candidate {
  private readonly store: LeasableStore
  private readonly environment: Environment
  private readonly listener: CandidateListener
  /** For one taking only. */
  private readonly name: string
  private readonly channel: Channel
  /** Undefined while this page sleeps: nobody is seen then. */
  private present: ReadonlySet<string> | undefined
  private state: 'waiting' | 'holding' | 'over' = 'waiting'
  /** Who had the lease when it was last looked at. */
  private holder: string | undefined
  private hasAnswered = false
  private isAsking = false
  private cancelPatience: (() => void) | undefined
  private loses = () => {}

  constructor(store: LeasableStore, transport: Transport, environment: Environment, listener: CandidateListener) {
    this.store = store
    this.environment = environment
    this.listener = listener
    this.name = hexadecimal(environment.random(16))
    this.channel = transport.join(channelOf(store.location), {
      message: () => {},
      state: state => this.onState(state === 'online'),
      peers: present => this.onPeers(present),
    })
    this.announce('')
  }

  giveUp(reason: unknown): void {
    if (this.state !== 'waiting') return
    this.end()
    this.listener.failed(reason)
  }

  private onState(isOnline: boolean): void {
    this.present = isOnline ? new Set() : undefined
    this.cancelPatience?.()
    // A page that sleeps is succeeded at once by another tab.
    if (!isOnline && this.state === 'holding') this.lose()
    else if (isOnline) void this.ask(undefined)
  }

  private onPeers(peers: ReadonlyMap<PeerId, Uint8Array>): void {
    if (this.present === undefined || this.state === 'over') return
    const said = Array.from(peers.values(), payload => decoder.decode(payload))
    this.present = new Set(said.map(text => text.replace(holding, '')))
    if (this.state === 'holding') {
      if (said.some(text => text.endsWith(holding))) void this.verify()
    } else this.consider()
  }

  /** Tries when the holder has gone; when it has never been seen, after some patience. */
  private consider(): void {
    const { holder, present } = this
    if (holder === undefined || present === undefined || this.isAsking) return
    if (present.has(holder)) {
      this.hasAnswered = true
      this.cancelPatience?.()
    } else if (this.hasAnswered) void this.ask(holder)
  }

  /** Looks who has the lease, and takes it when it is free. */
  private async ask(instead: string | undefined): Promise<void> {
    if (this.isAsking) return
    this.isAsking = true
    try {
      const holder = await this.store.takeLease(this.name, instead)
      this.isAsking = false
      this.onHolder(holder)
    } catch (error) {
      this.isAsking = false
      if (this.state !== 'waiting') return
      this.end()
      this.listener.failed(error)
    }
  }

  private onHolder(holder: string): void {
    const isMine = holder === this.name
    if (this.state === 'over' || this.present === undefined) {
      // Ended, or fallen asleep, meanwhile.
      if (isMine) void this.giveBack()
    } else if (isMine) this.hold()
    else this.waitFor(holder)
  }

  private waitFor(holder: string): void {
    this.holder = holder
    this.hasAnswered = false
    this.cancelPatience?.()
    this.cancelPatience = this.environment.schedule(() => {
      if (!this.hasAnswered && this.state === 'waiting' && this.present !== undefined) void this.ask(holder)
    }, answerMs)
    this.consider()
  }

  private hold(): void {
    this.state = 'holding'
    this.cancelPatience?.()
    this.announce(holding)
    const lost = new Promise<void>(resolve => {
      this.loses = resolve
    })
    const release = async () => {
      if (this.state === 'over') return
      this.state = 'over'
      await this.giveBack()
      // The others see it go when the lease is free.
      this.channel.close()
    }
    this.listener.elected({ lost, release, doubt: () => void this.verify() })
  }

  /** Looks whether the lease is still its own. One that is not is not taken again: others may have written meanwhile. */
  private async verify(): Promise<void> {
    if (this.isAsking || this.state !== 'holding') return
    this.isAsking = true
    try {
      if ((await this.store.leaseHolder()) !== this.name && this.isHolding()) this.lose()
    } catch {
      // A store that cannot be asked takes no writes either.
    } finally {
      this.isAsking = false
    }
  }

  private isHolding(): boolean {
    return this.state === 'holding'
  }

  private lose(): void {
    this.end()
    this.loses()
    void this.giveBack()
  }

  private async giveBack(): Promise<void> {
    // A store that cannot be reached: the others find this one dead.
    await this.store.endLease(this.name).catch(() => {})
  }

  private end(): void {
    this.state = 'over'
    this.cancelPatience?.()
    this.channel.close()
  }

  private announce(what: string): void {
    this.channel.announce(encoder.encode(this.name + what))
  }
}

/** A store's name may be anything; that of a channel may not. */
const channelOf = (location: string) => hexadecimal(sha256Of(`meldwork lease 1\n${location}\n`).subarray(0, 16))

const encoder = new TextEncoder()
const decoder = new TextDecoder()
