import { compareBytes, type ReplicaIndex, sameBytes } from '../causality/index.js'
import type { Reader } from '../codec/index.js'
import { hasCode } from '../errors.js'
import { type DigestValue, decodeStateHeader, digestText, sameDigest } from '../graph/index.js'
import { decodeHeader, type OperationHeader, type OperationName } from '../operation/index.js'
import type { PeerId } from '../ports/index.js'
import { Answers } from './answers.js'
import { Confirmations } from './confirmations.js'
import { Delivery } from './delivery.js'
import { MessageType, open } from './envelope.js'
import { Fragments } from './fragments.js'
import type { SessionHost } from './host.js'
import {
  AnswerEnd,
  type Hello,
  type Operations,
  type Reach,
  type Request,
  readFetch,
  readFragment,
  readHello,
  readOperations,
  readReach,
  readRequest,
  readStateItem,
  readStateOffer,
  type StateItem,
  type StateOffer,
  type VectorEntry,
  writeFetch,
  writeHello,
  writeReach,
  writeRequest,
} from './messages.js'
import { grouped, Outbox } from './outbox.js'

/** How often something came that could not be used, since the clone was opened. */
export interface RefusedCounts {
  /** Bytes that are no message, or a damaged one. */
  malformed: number
  /** Messages of another domain. */
  foreign: number
  /** Messages or operations that need a newer version of this software. */
  newer: number
}

/** How far a state has come in. */
export interface CatchUp {
  readonly received: number
  readonly total: number
}

/** Another member of the channel, as the session knows it. */
interface Peer {
  vectorDigest: readonly [number, number] | undefined
  stateDigest: DigestValue | undefined
  /** Whether its last hello differed from what was here then, and it has not been asked since. */
  differs: boolean
  /** Whether, by its last hello, it is new and still waits to be given what the domain holds. */
  isNew: boolean
  /** Not before then is it asked again. */
  notBeforeMs: number
  /** How often in a row it had nothing to give although it differs: a difference that asking does not mend is asked about ever more rarely. */
  inVain: number
}

/** A state that comes in. Its items may overtake each other. */
interface Incoming {
  readonly stream: number
  readonly items: Uint8Array[]
  readonly total: number
  received: number
  /** Items before this one have been asked for. */
  asked: number
  /** Of the items that have come. */
  bytes: number
}

/** A request to one peer that has not been answered to the end. */
interface Asking {
  readonly id: number
  readonly peer: PeerId
  /** Whether the whole state is asked for, to unite with it. */
  readonly uniting: boolean
  /** How many operations have come in answer. */
  operations: number
  state: Incoming | undefined
  cancelTimeout: () => void
}

/** After this long without any part of an answer, another peer is asked. */
const answerTimeoutMs = 5_000
/** How long a peer that did not answer, or could not help, is left alone. */
const leaveAloneMs = 10_000
/** How long a gap in the operations may stand before it is asked about: most close by themselves. */
const gapDelayMs = 150
/** After a peer had nothing to give it is left alone this long, doubling each time. */
const inVainMs = 1_000
/** How long a difference with a peer is let stand while operations are under way. */
const settleDelayMs = 100
/** Between hellos: from the first while something happens, to the second while quiet. */
const leastHelloMs = 15_000
const mostHelloMs = 240_000
/** How soon after a write a peer is asked whether it has it; doubling up to the second. */
const leastProbeMs = 100
const mostProbeMs = 30_000
/** How many of those that have left are remembered, since messages of theirs may still come. */
const mostGone = 1000
/** The most that a state may be: a peer cannot fill the memory of another with one that does not end. */
const maxStateItems = 65_536
const maxStateBytes = 512 * 1024 * 1024
/** How many items of a state are under way at a time. */
const fetchWindow = 8

/**
 * How a clone meets the others on its channel: causal delivery, catching up, and the state for whoever needs it. A state machine:
 * what happens comes in as calls, what is to be done goes out through its {@link SessionHost}, and time is the host's.
 *
 *     arriving     publish hello (digests) ----> each answers with its hello; unequal digests: ask
 *     asking       request (vector) -----------> operations, in parts, each part asked for; or the offer of a state
 *                  fetch (items) --------------> items; when whole: join, and ask again
 *     asked        whoever is asked learns the vector, and asks back when it lacks something itself
 *     live         operations published as they become durable; not ready: buffered; a gap that stays: ask
 *     now and then publish hello, more rarely while quiet
 *
 * One peer is asked at a time. A message that is lost costs a timeout, and another peer is asked. Nothing that comes in can make
 * it throw.
 */
export class Session {
  readonly refused: RefusedCounts = { malformed: 0, foreign: 0, newer: 0 }
  private readonly host: SessionHost
  private readonly channelCheck: number
  private readonly outbox: Outbox
  private readonly delivery: Delivery
  private readonly answers: Answers
  private readonly fragments = new Fragments()
  private readonly peers = new Map<PeerId, Peer>()
  /** Those that have left, the latest of them. */
  private readonly gone = new Set<PeerId>()
  private asking: Asking | undefined
  private lastRequest = 0
  private helloMs = leastHelloMs
  private cancelHello: () => void = nothing
  private cancelSettle: (() => void) | undefined
  private watchingGap = false
  private online = false
  private synced = false
  private diverged: string | undefined
  private readonly confirmations = new Confirmations()
  private cancelProbe: (() => void) | undefined
  private probeMs = leastProbeMs

  /** @param channelCheck the first bytes of the channel's name as a number: a message of another domain is noticed*/
  constructor(host: SessionHost, channelCheck: number) {
    this.host = host
    this.channelCheck = channelCheck
    this.outbox = new Outbox(host, channelCheck)
    this.delivery = new Delivery(host)
    this.answers = new Answers(host, this.outbox)
  }

  // --- what the status shows

  get peerCount(): number {
    return this.peers.size
  }

  /** Whether, since it came online, this clone has had everything that some peer had. */
  get upToDate(): boolean {
    return this.synced
  }

  /** How many of this clone's own operations nobody is known to have. */
  get unsent(): number {
    return this.confirmations.count
  }

  /** Up to where somebody must have each replica's operations for all of this clone's own until now to be confirmed. */
  get needed(): readonly (readonly [ReplicaIndex, number])[] {
    return [...this.confirmations.needed()]
  }

  /** Whether somebody is known to have all these. */
  isConfirmed(needed: readonly (readonly [ReplicaIndex, number])[]): boolean {
    return needed.every(([replica, counter]) => this.confirmations.isConfirmed(replica, counter))
  }

  get catchUp(): CatchUp | undefined {
    const state = this.asking?.state
    return state && { received: state.received, total: state.total }
  }

  /** Operations that wait for others: how many, how many bytes, and for what. */
  get waiting(): Delivery['waiting'] {
    return this.delivery.waiting
  }

  /** The digests of two states whose vectors are equal and who are not: should never be. */
  get divergence(): string | undefined {
    return this.diverged
  }

  // --- what happens

  /** The transport has connected, or has lost its connection. */
  setOnline(online: boolean): void {
    if (online === this.online) return
    this.online = online
    this.synced = false
    this.stopAsking()
    this.cancelHello()
    if (online) {
      this.helloMs = leastHelloMs
      this.sayHello(undefined, true)
      this.scheduleHello()
      this.probeMs = leastProbeMs
      this.probeSoon()
    } else this.peers.clear()
    this.host.changed()
  }

  /** Who else is there now. */
  setPeers(present: ReadonlySet<PeerId> | ReadonlyMap<PeerId, unknown>): void {
    for (const peer of this.peers.keys()) if (!present.has(peer)) this.forget(peer)
    for (const peer of present.keys()) this.gone.delete(peer)
    const arrived = [...present.keys()].filter(peer => !this.peers.has(peer))
    for (const peer of arrived) this.peerOf(peer)
    this.fragments.keepOnly(this.peers)
    if (this.asking !== undefined && !this.peers.has(this.asking.peer)) this.askAnother()
    // Whoever arrives says hello itself; but a hello sent before it could hear is said again.
    if (arrived.length > 0 && this.online && !this.synced)
      this.sayHello(arrived.length === 1 ? arrived[0] : undefined, true)
    this.host.changed()
  }

  /** An operation that was made here, before this opening, and that nobody is known to have. */
  doubt(replica: ReplicaIndex, last: number): void {
    this.confirmations.add(replica, last)
  }

  /** Own operations have become durable. With nobody there to hear of them, they are given to whoever comes. */
  publish(operations: readonly OperationHeader[]): void {
    for (const { replica, last } of operations) this.confirmations.add(this.host.graph.replicas.find(replica), last)
    this.host.changed()
    if (!this.online) return
    this.helloMs = leastHelloMs
    for (const group of grouped(operations.map(({ bytes }) => bytes)))
      this.outbox.operations(undefined, { request: 0, end: AnswerEnd.all, operations: group })
    this.probeMs = leastProbeMs
    this.probeSoon()
  }

  /** Bytes from a peer. */
  message(from: PeerId, bytes: Uint8Array): void {
    this.open(from, bytes, false)
  }

  /** @param joined whether fragments were put together to this: a fragment cannot be in fragments */
  private open(from: PeerId, bytes: Uint8Array, joined: boolean): void {
    const opened = open(bytes, this.channelCheck)
    if (opened.kind !== 'message') {
      this.refused[opened.kind === 'malformed' || opened.kind === 'foreign' ? opened.kind : 'newer']++
      this.host.changed()
      return
    }
    try {
      if (joined && opened.type === MessageType.fragment) opened.payload.fail('a fragment within fragments')
      this.handle(from, opened.type, opened.payload)
    } catch (error) {
      // A store that fails is in the status already; what was not taken is asked for again.
      if (hasCode(error, 'store-failed')) return
      const isKnown = hasCode(error, 'data-malformed') || hasCode(error, 'data-version')
      if (!isKnown) throw error
      this.refused[hasCode(error, 'data-version') ? 'newer' : 'malformed']++
      if (this.asking?.peer === from) this.leaveAlone(from)
      this.host.changed()
    }
  }

  private handle(from: PeerId, type: number, payload: Reader): void {
    switch (type) {
      case MessageType.hello:
        this.onHello(from, readHello(payload))
        break
      case MessageType.request:
        this.onRequest(from, readRequest(payload))
        break
      case MessageType.operations:
        this.onOperations(from, readOperations(payload))
        break
      case MessageType.stateHeader:
        this.onStateOffer(from, readStateOffer(payload))
        break
      case MessageType.fetch:
        this.answers.fetch(from, readFetch(payload))
        break
      case MessageType.stateRequest:
        this.answers.offerState(from, payload.varint(), true)
        break
      case MessageType.stateItem:
        this.onStateItem(from, readStateItem(payload))
        break
      case MessageType.fragment: {
        const whole = this.fragments.add(from, readFragment(payload))
        if (whole !== undefined) this.open(from, whole, true)
        break
      }
      case MessageType.probe:
        this.onProbe(from, readReach(payload))
        break
      case MessageType.reached:
        this.onReached(readReach(payload))
        break
      default:
        if (type % 2 === 1) this.refused.newer++
    }
  }

  // --- hello

  private sayHello(to: PeerId | undefined, reply: boolean): void {
    const { graph } = this.host
    const [vectorDigest, stateDigest] = [graph.replicas.digest(), graph.digest]
    const { isNew } = this.host
    this.outbox.send(to, MessageType.hello, writer => writeHello(writer, { reply, isNew, vectorDigest, stateDigest }))
  }

  private scheduleHello(): void {
    this.cancelHello()
    const delay = this.helloMs * (0.75 + this.host.random() / 2)
    this.cancelHello = this.host.schedule(() => {
      this.helloMs = Math.min(this.helloMs * 2, mostHelloMs)
      this.delivery.expire()
      if (this.peers.size > 0) this.sayHello(undefined, false)
      this.scheduleHello()
    }, delay)
  }

  private onHello(from: PeerId, hello: Hello): void {
    if (hello.minVersion > 1 || hello.features !== 0) {
      this.refused.newer++
      this.host.changed()
      return
    }
    const peer = this.peerOf(from)
    peer.vectorDigest = hello.vectorDigest
    peer.stateDigest = hello.stateDigest
    peer.isNew = hello.isNew
    peer.differs = !this.sameVector(peer)
    if (hello.reply) this.sayHello(from, false)
    if (!peer.differs) this.agree(from, peer)
    this.compare()
  }

  private sameVector({ vectorDigest }: Peer): boolean {
    const [one, two] = this.host.graph.replicas.digest()
    return vectorDigest !== undefined && vectorDigest[0] === one && vectorDigest[1] === two
  }

  private forget(peer: PeerId): void {
    this.peers.delete(peer)
    this.gone.add(peer)
    if (this.gone.size > mostGone) this.gone.delete(this.gone.keys().next().value!)
  }

  /** A message can overtake the news of its sender's arrival; and it can come when its sender has gone, who is not to be waited for then. */
  private peerOf(id: PeerId): Peer {
    let peer = this.peers.get(id)
    if (peer === undefined) {
      peer = { vectorDigest: undefined, stateDigest: undefined, differs: false, isNew: true, notBeforeMs: 0, inVain: 0 }
      if (!this.gone.has(id)) this.peers.set(id, peer)
    }
    return peer
  }

  /** Asks one of the peers that have something else: at once when not up to date, else only if the difference stays. */
  private compare(): void {
    if (this.asking !== undefined) return
    const different = this.different()
    if (different.length === 0) return
    if (!this.synced) this.ask(different[Math.floor(this.host.random() * different.length)])
    else
      this.cancelSettle ??= this.host.schedule(
        () => {
          this.cancelSettle = undefined
          const [peer] = this.different()
          if (this.asking === undefined && peer !== undefined) this.ask(peer)
        },
        settleDelayMs * (1 + this.host.random()),
      )
  }

  private different(): PeerId[] {
    const now = this.host.now()
    const different: PeerId[] = []
    for (const [id, peer] of this.peers) {
      // Operations under way may have arrived meanwhile.
      if (peer.differs && this.sameVector(peer)) peer.differs = false
      if (peer.differs && peer.notBeforeMs <= now) different.push(id)
    }
    return different
  }

  /** A peer has the same operations. If it has not the same data, one of the two has lost some, or an id has been used twice: they unite. */
  private agree(id: PeerId, peer: Peer): void {
    const mine = this.host.graph.digest
    const diverged = peer.stateDigest !== undefined && !sameDigest(peer.stateDigest, mine)
    const divergence = diverged ? `${digestText(mine)} here, ${digestText(peer.stateDigest!)} there` : undefined
    if (diverged && this.asking === undefined && peer.notBeforeMs <= this.host.now()) {
      this.backOff(peer)
      this.ask(id, true)
    } else if (!diverged) peer.inVain = 0
    const confirmed = this.confirmations.confirmAll()
    if (confirmed) this.host.confirmed(this.confirmations.reached)
    if (!peer.isNew && this.host.isNew) this.host.caughtUp()
    if (this.synced && divergence === this.diverged && !confirmed) return
    this.synced = true
    this.diverged = divergence
    this.host.changed()
  }

  // --- asking

  /** @param uniting whether its whole state is wanted, though its vector is the same */
  private ask(peer: PeerId, uniting = false): void {
    const id = ++this.lastRequest
    this.asking = { id, peer, uniting, operations: 0, state: undefined, cancelTimeout: nothing }
    this.expectAnswer()
    if (uniting) this.outbox.send(peer, MessageType.stateRequest, writer => writer.varint(id))
    else {
      const vector = this.vector()
      this.outbox.send(peer, MessageType.request, writer => writeRequest(writer, { id, vector }))
    }
    this.host.changed()
  }

  /** A peer had nothing to give: it is left alone, each time for longer. */
  private backOff(peer: Peer): void {
    peer.notBeforeMs = this.host.now() + Math.min(inVainMs * 2 ** peer.inVain++, mostHelloMs)
  }

  private expectAnswer(): void {
    const asking = this.asking!
    asking.cancelTimeout()
    asking.cancelTimeout = this.host.schedule(() => {
      if (this.asking === asking) this.leaveAlone(asking.peer)
    }, answerTimeoutMs)
  }

  private stopAsking(): void {
    this.asking?.cancelTimeout()
    this.asking = undefined
  }

  /** This peer did not help: another is asked. */
  private leaveAlone(id: PeerId): void {
    const peer = this.peers.get(id)
    if (peer !== undefined) peer.notBeforeMs = this.host.now() + leaveAloneMs
    this.askAnother()
    // When nobody else can help either, it is asked again.
    this.host.schedule(() => this.compare(), leaveAloneMs + 1)
  }

  private askAnother(): void {
    this.stopAsking()
    this.host.changed()
    this.compare()
  }

  private vector(): VectorEntry[] {
    const { ids, counters, checks } = this.host.graph.replicas
    const entries: VectorEntry[] = []
    ids.forEach((replica, index) => {
      if (counters[index] > 0) entries.push({ replica, counter: counters[index], check: checks[index] })
    })
    return entries.sort((a, b) => compareBytes(a.replica, b.replica))
  }

  // --- being sure

  /** Asks one peer, in a moment, for what nobody is known to have: again and again, ever more rarely, while it goes unanswered. */
  private probeSoon(): void {
    if (this.confirmations.count === 0) return
    this.cancelProbe ??= this.host.schedule(
      () => {
        this.cancelProbe = undefined
        if (!this.online || this.confirmations.count === 0) return
        this.probe()
        this.probeMs = Math.min(this.probeMs * 2, mostProbeMs)
        this.probeSoon()
      },
      this.probeMs * (1 + this.host.random() / 2),
    )
  }

  private probe(): void {
    const settled = [...this.peers].filter(([, peer]) => !peer.isNew).map(([id]) => id)
    const peers = settled.length > 0 ? settled : [...this.peers.keys()]
    if (peers.length === 0) return
    const { ids } = this.host.graph.replicas
    const reach = Array.from(this.confirmations.needed(), ([replica, counter]) => ({ replica: ids[replica], counter }))
    const to = peers[Math.floor(this.host.random() * peers.length)]
    this.outbox.send(to, MessageType.probe, writer => writeReach(writer, reach))
  }

  private onProbe(from: PeerId, asked: Reach): void {
    const { replicas } = this.host.graph
    const reach: OperationName[] = []
    for (const { replica } of asked) {
      const index = replicas.find(replica)
      if (index >= 0 && replicas.counters[index] > 0) reach.push({ replica, counter: replicas.counters[index] })
    }
    this.outbox.send(from, MessageType.reached, writer => writeReach(writer, reach))
  }

  private onReached(reach: Reach): void {
    const { replicas } = this.host.graph
    let news = false
    for (const { replica, counter } of reach) {
      const index = replicas.find(replica)
      if (index >= 0 && this.confirmations.confirm(index, counter)) news = true
    }
    if (!news) return
    this.host.confirmed(this.confirmations.reached)
    this.host.changed()
  }

  // --- being asked

  private onRequest(from: PeerId, request: Request): void {
    // When it has taken all, it compares itself with what is here now.
    this.onReached(request.vector)
    const lacking = this.answers.request(from, request, () => this.sayHello(from, false))
    if (lacking && this.asking === undefined && this.peerOf(from).notBeforeMs <= this.host.now()) this.ask(from)
  }

  // --- operations

  private onOperations(from: PeerId, message: Operations): void {
    this.delivery.take(message.operations.map(decodeHeader))
    const isAnswer = message.request !== 0 && this.asking?.id === message.request && this.asking.peer === from
    if (isAnswer) this.onAnswer(from, message)
    else if (message.request === 0) this.helloMs = leastHelloMs
    if (this.delivery.count > 0) this.watchGap(from)
  }

  private onAnswer(from: PeerId, message: Operations): void {
    this.asking!.operations += message.operations.length
    if (message.end === AnswerEnd.follows) {
      this.expectAnswer()
      return
    }
    const { operations } = this.asking!
    this.stopAsking()
    if (message.end === AnswerEnd.askAgain) {
      if (operations > 0) this.ask(from)
      else this.leaveAlone(from)
      return
    }
    this.synced = true
    const peer = this.peerOf(from)
    peer.differs = false
    if (!peer.isNew && this.host.isNew) this.host.caughtUp()
    // Nothing was missing here: the difference is theirs to mend, or nobody's.
    if (operations > 0) peer.inVain = 0
    else this.backOff(peer)
    // Whoever was asked learns in return how far this clone has come.
    this.sayHello(from, false)
    this.host.changed()
    this.compare()
  }

  /** A gap that does not close by itself is asked about. */
  private watchGap(from: PeerId): void {
    if (this.watchingGap) return
    this.watchingGap = true
    this.host.schedule(
      () => {
        this.watchingGap = false
        if (this.delivery.count === 0 || this.asking !== undefined) return
        const peer = this.peers.has(from) ? from : this.peers.keys().next().value
        if (peer !== undefined && this.peerOf(peer).notBeforeMs <= this.host.now()) this.ask(peer)
      },
      gapDelayMs * (1 + this.host.random()),
    )
  }

  // --- state

  private onStateOffer(from: PeerId, offer: StateOffer): void {
    const { asking } = this
    if (asking?.id !== offer.request || asking.peer !== from || asking.state !== undefined) return
    const { itemCount } = decodeStateHeader(offer.header)
    asking.state = { stream: offer.stream, items: [offer.header], total: itemCount, received: 1, asked: 1, bytes: 0 }
    if (itemCount > maxStateItems) this.refuseState(from)
    else this.progress(from)
  }

  /** More than any domain that fits in memory. */
  private refuseState(from: PeerId): void {
    this.refused.malformed++
    this.leaveAlone(from)
  }

  private onStateItem(from: PeerId, item: StateItem): void {
    const state = this.asking?.state
    if (state === undefined || this.asking!.peer !== from || state.stream !== item.stream) return
    if (item.item.length === 0) {
      this.leaveAlone(from)
      return
    }
    if (item.index >= state.asked || state.items[item.index] !== undefined) return
    state.items[item.index] = item.item
    state.received++
    state.bytes += item.item.length
    if (state.bytes > maxStateBytes) this.refuseState(from)
    else this.progress(from)
  }

  /** Asks for the next items, or joins the state when it is whole. */
  private progress(from: PeerId): void {
    const asking = this.asking!
    const state = asking.state!
    this.expectAnswer()
    if (state.received >= state.total) {
      if (asking.uniting) {
        this.unite(from, state.items)
        return
      }
      // While it is still being asked: if the state is of no use, the peer is left alone.
      this.host.join(state.items)
      this.stopAsking()
      this.ask(from)
      this.delivery.takeAgain()
      return
    }
    if (state.received === state.asked) {
      const fetch = { stream: state.stream, from: state.asked, count: Math.min(fetchWindow, state.total - state.asked) }
      state.asked += fetch.count
      this.outbox.send(from, MessageType.fetch, writer => writeFetch(writer, fetch))
    }
    this.host.changed()
  }

  /**
   * Only while the vectors are the very same: what one has deleted and the other not yet would come back. Else it is tried again, when the hello
   * that follows still tells of a difference.
   */
  private unite(from: PeerId, items: readonly Uint8Array[]): void {
    const mine = this.vector()
    const { vector } = decodeStateHeader(items[0])
    const isSame =
      vector.length === mine.length &&
      vector.every(
        ({ replica, counter, check }, i) =>
          counter === mine[i].counter && check === mine[i].check && sameBytes(replica, mine[i].replica),
      )
    if (isSame) this.host.unite(items)
    this.stopAsking()
    this.sayHello(from, true)
    this.host.changed()
  }

  // --- the end

  /** What was applied has been undone: states that were made of it must not be given out. */
  rolledBack(): void {
    this.answers.close()
  }

  /** The store takes writes again: what came meanwhile was not taken. */
  recovered(): void {
    if (this.online) this.sayHello(undefined, true)
  }

  /** Stops all timers. */
  close(): void {
    this.setOnline(false)
    this.cancelSettle?.()
    this.cancelProbe?.()
    this.answers.close()
  }
}

const nothing = (): void => {}
