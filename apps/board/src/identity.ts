import { type KeyValues, readObject } from './storage.js'

/** What tabs of one origin say to each other. A BroadcastChannel, as far as it is needed. */
export interface TabChannel {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  close(): void
}

/** What a tab needs to find its database. */
export interface Surroundings {
  /** Of this tab; a duplicated tab has a copy. */
  readonly session: KeyValues
  /** Of all tabs. */
  readonly local: KeyValues
  openChannel(name: string): TabChannel
  wait(ms: number): Promise<void>
  newName(): string
  nowMs(): number
}

/** How long other tabs have to say that a database is theirs. */
const answerMs = 150
/** So many databases of closed tabs are looked at. */
const maxOrphans = 8
/** A database that nobody has used for so long, and that holds nothing unsent, is removed. */
const staleMs = 30 * 24 * 60 * 60 * 1000

/** What is known of a database: kept for all tabs to see. */
interface Lease {
  /** The life of a page that uses it, or used it last. */
  readonly owner: string
  readonly usedAtMs: number
  /** Whether it may hold changes that nobody else has. */
  readonly unsent: boolean
}

interface Claim {
  readonly type: 'claim'
  readonly from: string
  /** The names, with how good the claim is: a tab's own before an adoption. */
  readonly names: readonly (readonly [name: string, rank: number])[]
}

interface Held {
  readonly type: 'held'
  readonly to: string
  readonly name: string
}

/**
 * Finds the database that is this tab's own, since two pages that open one would overwrite each other: the one that it had before it was
 * reloaded; else one that a closed tab left behind, so that what it had not sent is sent; else a new one.
 *
 * A tab asks the others on a channel whether a database is in use, and takes it when nobody answers. Of two that ask for the same, the better
 * claim wins. A tab that could not answer, being frozen, loses its database: the lease in the local storage is no
 * longer its own, which it must check before it writes.
 */
export async function findDatabase(domain: string, surroundings: Surroundings): Promise<Tenancy> {
  const tenancy = new Tenancy(domain, surroundings)
  await tenancy.settle()
  return tenancy
}

/** The use of a database by this page. */
export class Tenancy {
  /** Names this life of the page. */
  readonly owner: string
  /** Databases that nobody uses and nobody needs. */
  readonly stale: string[] = []
  private readonly domain: string
  private readonly surroundings: Surroundings
  private readonly channel: TabChannel
  private readonly claims = new Map<string, number>()
  private held = ''
  private unsent = true

  constructor(domain: string, surroundings: Surroundings) {
    this.domain = domain
    this.surroundings = surroundings
    this.owner = surroundings.newName()
    this.channel = surroundings.openChannel(`meldwork-board ${domain}`)
    this.channel.addEventListener('message', ({ data }) => this.hear(data as Claim | Held))
  }

  /** The name of the database. */
  get name(): string {
    return this.held
  }

  /** Whether the database still belongs to this page: another may have taken it while this one was frozen. */
  get isMine(): boolean {
    const { owner } = this.lease(this.held)
    // No lease at all: the browser did not keep it, so nobody else has one either.
    return owner === this.owner || owner === ''
  }

  /** Notes whether the database holds what nobody else has, and that it is in use. */
  note(unsent: boolean): void {
    this.unsent = unsent
    if (this.isMine) this.writeLease()
  }

  /** Lets go of this tab's name: the database stays for others to adopt. */
  leave(): void {
    this.channel.close()
    if (this.surroundings.session.getItem(this.sessionKey) === this.held)
      this.surroundings.session.removeItem(this.sessionKey)
  }

  /** Turns from a database that cannot be used to a new one. */
  startAfresh(): void {
    this.surroundings.local.removeItem(this.leaseKey(this.held))
    this.take(this.freshName())
  }

  /** Chooses the database. Once. */
  async settle(): Promise<void> {
    const { session, wait, nowMs } = this.surroundings
    const own = session.getItem(this.sessionKey)
    const orphans = this.known().filter(name => name !== own)
    const owners = new Map([own ?? '', ...orphans].map(name => [name, this.lease(name).owner]))
    if (own !== null) this.claims.set(own, 0)
    for (const name of orphans) this.claims.set(name, 1)
    if (this.claims.size > 0) {
      this.channel.postMessage({ type: 'claim', from: this.owner, names: [...this.claims] } satisfies Claim)
      await wait(answerMs)
    }
    // Whoever has settled in the meantime, and did not hear us, has written its lease.
    const free = [...this.claims.keys()].filter(name => this.lease(name).owner === owners.get(name))
    this.claims.clear()
    const adopted = free.find(name => !this.isStale(name, nowMs()))
    this.take(adopted ?? this.freshName())
    this.stale.push(...free.filter(name => name !== this.held && this.isStale(name, nowMs())))
  }

  /** Forgets a database that has been removed. */
  forget(name: string): void {
    this.surroundings.local.removeItem(this.leaseKey(name))
  }

  private hear(message: Claim | Held): void {
    if (message.type === 'held') {
      if (message.to === this.owner) this.claims.delete(message.name)
      return
    }
    for (const [name, rank] of message.names) {
      const mine = this.claims.get(name)
      const better = mine !== undefined && (mine < rank || (mine === rank && this.owner < message.from))
      if (better || (name === this.held && this.isMine))
        this.channel.postMessage({ type: 'held', to: message.from, name } satisfies Held)
      else this.claims.delete(name)
    }
  }

  /** The databases of this domain that tabs have had: those with unsent changes first, then those used last. */
  private known(): string[] {
    const { local } = this.surroundings
    const start = this.leaseKey('')
    const names = local
      .keys()
      .filter(key => key.startsWith(start))
      .map(key => key.slice(start.length))
    const weight = (name: string) => {
      const { unsent, usedAtMs } = this.lease(name)
      return (unsent ? Number.MAX_SAFE_INTEGER / 2 : 0) + usedAtMs
    }
    return names.sort((one, other) => weight(other) - weight(one)).slice(0, maxOrphans)
  }

  private isStale(name: string, nowMs: number): boolean {
    const { unsent, usedAtMs } = this.lease(name)
    return name !== this.surroundings.session.getItem(this.sessionKey) && !unsent && nowMs - usedAtMs > staleMs
  }

  private take(name: string): void {
    this.held = name
    this.unsent = true
    this.surroundings.session.setItem(this.sessionKey, name)
    this.writeLease()
  }

  private writeLease(): void {
    const lease: Lease = { owner: this.owner, usedAtMs: this.surroundings.nowMs(), unsent: this.unsent }
    this.surroundings.local.setItem(this.leaseKey(this.held), JSON.stringify(lease))
  }

  private lease(name: string): Lease {
    const { owner, usedAtMs, unsent } = readObject(this.surroundings.local, this.leaseKey(name))
    return {
      owner: typeof owner === 'string' ? owner : '',
      usedAtMs: typeof usedAtMs === 'number' ? usedAtMs : 0,
      unsent: unsent !== false,
    }
  }

  private freshName(): string {
    return `meldwork-board ${this.domain} ${this.surroundings.newName()}`
  }

  private leaseKey(name: string): string {
    return `database:${this.domain}:${name}`
  }

  private get sessionKey(): string {
    return `database:${this.domain}`
  }
}
