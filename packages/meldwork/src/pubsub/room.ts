import { sameBytes } from '../codec/index.js'
import type { PeerId } from '../ports/index.js'
import { anyPart, type Topic } from './broker.js'
import { type BrokerMessage, checkOf, connectionOf, MessageKind, peerOf, senderBytes, writeMessage } from './message.js'
import type { TopicTransportStatistics } from './statistics.js'

/** A member of a room that lives at this end of the connection. */
export interface LocalMember {
  readonly number: number
  readonly payload: Uint8Array
  readonly closed: boolean
  /** Where it is on this connection: from when it asks to come in. */
  room: Room | undefined
  /** Messages come, and the others have been told. */
  readonly entered: boolean
  /** Its name on the connection before, which a broker may still show. */
  readonly formerPeer: PeerId | undefined
  /** Everything that is sent here comes now. */
  enter(): void
  show(present: ReadonlyMap<PeerId, Uint8Array>): void
  hear(from: PeerId, bytes: Uint8Array): void
}

/** What a room needs of the connection that it belongs to. */
export interface RoomHost {
  /** As it stands in messages, and as it is written in names. */
  readonly connectionBytes: Uint8Array
  readonly connection: string
  readonly retains: boolean
  readonly maxMessageBytes: number
  /** Whether no more waits to be sent than may. */
  readonly hasRoom: boolean
  readonly counts: TopicTransportStatistics
  subscribe(topic: Topic, resumes?: boolean): Promise<void>
  unsubscribe(topic: Topic): void
  publish(topic: Topic, bytes: Uint8Array, retain?: boolean, lasting?: boolean): void
  /** The last of this end has left. */
  emptied(room: Room): void
}

interface Other {
  payload: Uint8Array
  /** How many beats it has missed. Undefined where its broker tells when it dies. */
  missed: number | undefined
}

/** More of them than one domain has clones: somebody makes them up. */
const maxOthers = 10_000
const [questionAfter, gaveUpAfter] = [3, 5]
const nothing = new Uint8Array(0)
const resolved = Promise.resolve()

/** A channel as one connection shows it: who is there, of this end and of others. */
export class Room {
  readonly channel: string
  readonly local = new Set<LocalMember>()
  private readonly host: RoomHost
  private readonly others = new Map<PeerId, Other>()
  /** Those who were heard and are not known as they are now; asked once between two beats. */
  private readonly strangers = new Set<PeerId>()
  private readonly topics: Topic[]
  private subscribed: Promise<unknown> | undefined
  /** Who is there has changed, and the members of this end are told in this turn, once. */
  private toShow = false

  constructor(host: RoomHost, channel: string) {
    this.host = host
    this.channel = channel
    this.topics = [this.toAll, ...(host.retains ? [this.shown(anyPart)] : [])]
  }

  peerOf({ number }: LocalMember): PeerId {
    return peerOf(this.host.connection, number)
  }

  /**
   * Brings a member in.
   * @throws BrokerRefusal when one of the topics is forbidden; when the connection is lost, as the broker puts it
   */
  async enter(member: LocalMember): Promise<void> {
    const { host } = this
    this.local.add(member)
    member.room = this
    // All who were here before come in the same turn: if one of them is new, it needs what the others had.
    const subscribe = async () => {
      const resumes = [...this.local].every(({ formerPeer }) => formerPeer !== undefined)
      if (this.local.size > 0) await Promise.all(this.topics.map(topic => host.subscribe(topic, resumes)))
    }
    this.subscribed ??= resolved.then(subscribe)
    await Promise.all([this.subscribed, host.subscribe(this.to(this.peerOf(member)))])
    if (member.closed || member.room !== this) return
    member.enter()
    // Once more, as on each change: the members of this end know each other without a word.
    this.show()
    if (host.retains && member.formerPeer !== undefined) host.publish(this.shown(member.formerPeer), nothing, true)
    if (!member.closed) this.say(member, MessageKind.greeting)
  }

  /** A member of this end leaves. */
  leave(member: LocalMember) {
    const { host } = this
    if (!this.local.delete(member)) return
    const peer = this.peerOf(member)
    if (member.entered) {
      if (host.retains) host.publish(this.shown(peer), nothing, true)
      else host.publish(this.toAll, writeMessage(MessageKind.gone, this.senderOf(member)))
    }
    host.unsubscribe(this.to(peer))
    if (this.local.size > 0) return this.show()
    for (const topic of this.topics) host.unsubscribe(topic)
    host.emptied(this)
  }

  announce(member: LocalMember): void {
    this.say(member, MessageKind.here)
    if (this.local.size > 1) this.show()
  }

  publish(member: LocalMember, bytes: Uint8Array, lasting: boolean): void {
    if (!this.admits(bytes)) return
    if (this.local.size > 1) {
      const from = this.peerOf(member)
      queueMicrotask(() => this.give(from, bytes, other => other !== member))
    }
    this.host.publish(this.toAll, writeMessage(MessageKind.bytes, this.senderOf(member), bytes), false, lasting)
  }

  send(member: LocalMember, to: PeerId, bytes: Uint8Array): void {
    if (!this.admits(bytes)) return
    if (connectionOf(to) === this.host.connection) {
      const from = this.peerOf(member)
      queueMicrotask(() => this.give(from, bytes, other => other !== member && this.peerOf(other) === to))
    } else if (this.others.has(to) || this.strangers.has(to))
      // A broker may deliver what somebody says before it delivers that they are there: who was heard can be answered.
      this.host.publish(this.to(to), writeMessage(MessageKind.bytes, this.senderOf(member), bytes))
    else this.host.counts.dropped++
  }

  /** A message of another connection's, to all, or to one member of this end. */
  receive(message: BrokerMessage, to: PeerId | undefined) {
    const { kind, peer, payload } = message
    if (kind === MessageKind.gone) return this.forget(peer)
    if (kind === MessageKind.here || kind === MessageKind.greeting) this.meet(peer, payload)
    else this.recognize(peer, kind === MessageKind.beat ? payload : undefined)
    const isMeant = (member: LocalMember) => to === undefined || this.peerOf(member) === to
    if (kind === MessageKind.bytes) this.give(peer, payload, isMeant)
    // A broker that keeps who is there has told the newcomer already.
    else if (kind === MessageKind.question || (kind === MessageKind.greeting && !this.host.retains))
      for (const member of this.local) if (isMeant(member)) this.answer(member, peer)
  }

  /** What somebody has said to all, who may be gone for long, and the broker has kept. */
  kept({ kind, peer, payload }: BrokerMessage) {
    if (kind === MessageKind.bytes) this.give(peer, payload, () => true)
  }

  /** What a broker has kept of somebody: who may be gone for long. */
  shownAs(peer: PeerId, payload: Uint8Array | undefined, retained: boolean) {
    if (connectionOf(peer) === this.host.connection) return
    if (payload === undefined) return this.forget(peer)
    const isNew = !this.others.has(peer)
    this.meet(peer, payload)
    const other = this.others.get(peer)
    if (!isNew || !retained || other === undefined) return
    other.missed = 0
    this.ask(peer)
  }

  /** A connection has ended without a word. */
  farewell(connection: string): void {
    const gone = [...this.others.keys()].filter(peer => connectionOf(peer) === connection)
    for (const peer of gone) this.others.delete(peer)
    if (gone.length === 0) return
    this.show()
    this.clear(gone)
  }

  /** Some time has passed. */
  beat(): void {
    const { host } = this
    this.strangers.clear()
    if (!host.retains)
      for (const member of this.local)
        if (member.entered)
          host.publish(this.toAll, writeMessage(MessageKind.beat, this.senderOf(member), checkOf(member.payload)))
    const gone: PeerId[] = []
    for (const [peer, other] of this.others) {
      if (other.missed === undefined) continue
      other.missed++
      if (other.missed > gaveUpAfter) gone.push(peer)
      else if (other.missed > questionAfter || host.retains) this.ask(peer)
    }
    if (gone.length === 0) return
    for (const peer of gone) this.others.delete(peer)
    this.show()
    this.clear(gone)
  }

  private get toAll(): Topic {
    return ['channels', this.channel, 'all']
  }

  private to(peer: PeerId): Topic {
    return ['channels', this.channel, 'to', peer]
  }

  private shown(peer: PeerId): Topic {
    return ['channels', this.channel, 'here', peer]
  }

  private senderOf({ number }: LocalMember): Uint8Array {
    return senderBytes(this.host.connectionBytes, number)
  }

  private admits(bytes: Uint8Array): boolean {
    const { host } = this
    const isAdmitted = bytes.length <= host.maxMessageBytes && host.hasRoom
    if (isAdmitted) {
      host.counts.messagesOut++
      host.counts.bytesOut += bytes.length
    } else host.counts.dropped++
    return isAdmitted
  }

  private say(member: LocalMember, kind: typeof MessageKind.here | typeof MessageKind.greeting): void {
    const message = writeMessage(kind, this.senderOf(member), member.payload)
    if (this.host.retains) this.host.publish(this.shown(this.peerOf(member)), message, true)
    else this.host.publish(this.toAll, message)
  }

  private answer(member: LocalMember, to: PeerId): void {
    if (!member.entered) return
    this.host.publish(this.to(to), writeMessage(MessageKind.here, this.senderOf(member), member.payload))
  }

  private ask(peer: PeerId): void {
    const member = [...this.local].find(({ entered }) => entered)
    if (member) this.host.publish(this.to(peer), writeMessage(MessageKind.question, this.senderOf(member)))
  }

  private meet(peer: PeerId, payload: Uint8Array): void {
    const known = this.others.get(peer)
    if (known === undefined && this.others.size >= maxOthers) {
      this.host.counts.malformed++
      return
    }
    this.others.set(peer, { payload, missed: this.host.retains ? undefined : 0 })
    if (known === undefined || !sameBytes(known.payload, payload)) this.show()
  }

  /** @param check of its payload, when it has told that */
  private recognize(peer: PeerId, check: Uint8Array | undefined): void {
    const other = this.others.get(peer)
    if (other !== undefined) other.missed = this.host.retains ? undefined : 0
    // One who was given up too early, or whose greeting or announcement was lost. What it says counts all the same.
    const isKnown = other !== undefined && (check === undefined || sameBytes(check, checkOf(other.payload)))
    if (isKnown || this.strangers.has(peer) || this.strangers.size >= maxOthers) return
    this.strangers.add(peer)
    this.ask(peer)
  }

  private forget(peer: PeerId): void {
    if (this.others.delete(peer)) this.show()
  }

  /** Ends that a broker shows those who have died: one of those who are here does, the first by name. */
  private clear(gone: readonly PeerId[]): void {
    const { host } = this
    if (!host.retains) return
    const own = [...this.local].map(member => this.peerOf(member))
    const first = [...own, ...this.others.keys()].sort()[0]
    if (own.includes(first)) for (const peer of gone) host.publish(this.shown(peer), nothing, true)
  }

  /** Gives a message to members of this end; who is there is told before. */
  private give(from: PeerId, bytes: Uint8Array, isMeant: (member: LocalMember) => boolean): void {
    this.showNow()
    for (const member of [...this.local]) if (isMeant(member)) member.hear(from, bytes)
  }

  /** Many who come at once are told together. */
  private show(): void {
    if (this.toShow) return
    this.toShow = true
    queueMicrotask(() => this.showNow())
  }

  private showNow(): void {
    if (!this.toShow) return
    this.toShow = false
    const members = [...this.local].filter(({ entered }) => entered)
    for (const observer of members) {
      const present = new Map<PeerId, Uint8Array>()
      for (const member of members) if (member !== observer) present.set(this.peerOf(member), member.payload)
      for (const [peer, { payload }] of this.others) present.set(peer, payload)
      observer.show(present)
    }
  }
}
