import { compareBytes, type VectorParts } from '../causality/index.js'
import type { Reader } from '../codec/index.js'
import { sameBytes } from '../codec/index.js'
import { hasCode } from '../errors.js'
import { decodeStateHeader, digestText, sameDigest } from '../graph/index.js'
import { decodeHeader, type OperationHeader } from '../operation/index.js'
import { inSlices, type PeerId, type Work } from '../ports/index.js'
import { Answers } from './answers.js'
import type { Asking } from './asking.js'
import { MessageType, open } from './envelope.js'
import { Fragments } from './fragments.js'
import type { SessionHost } from './host.js'
import { type CatchUp, IncomingState } from './incoming-state.js'
import {
  AnswerEnd,
  type Differing,
  type Fetch,
  type Hello,
  type Operations,
  type Reach,
  type Request,
  readBuckets,
  readDiffering,
  readFetch,
  readFragment,
  readHello,
  readOperations,
  readReach,
  readRequest,
  readStateItem,
  readStateOffer,
  readStateRequest,
  type StateItem,
  type StateOffer,
  type VectorEntry,
  writeBuckets,
  writeFetch,
  writeHello,
  writeRequest,
} from './messages.js'
import { grouped, Outbox } from './outbox.js'
import { backOff, type Peer, Peers, some } from './peers.js'
import { Probing } from './probing.js'
import { SharedReception } from './reception.js'

/** How often something came that could not be used, since the clone was opened. */
export interface RefusedCounts {
  /** Bytes that are no message, or a damaged one. */
  malformed: number
  /** Messages of another domain: of another name, or of this one under another `domainKey`. */
  foreign: number
  /** Messages or operations that need a newer version of this software. */
  newer: number
}

/** After this long without any part of an answer, another peer is asked. */
const answerTimeoutMs = 5_000
/** How long a peer that did not answer, or could not help, is left alone. */
const leaveAloneMs = 10_000
/** How long a gap in the operations may stand before it is asked about: most close by themselves. */
const gapDelayMs = 150
/** How long a difference with a peer is let stand while operations are under way, when it has more than is here; and when it has less, and will ask. */
const aheadDelayMs = 100
const behindDelayMs = 1_000
/** Between hellos: from the first while something happens, to the second while quiet. */
const leastHelloMs = 15_000
const mostHelloMs = 240_000
/** Whoever arrives greets so many, and greets again, more and more rarely, while nobody answers. */
const greeted = 3
const leastGreetingMs = 1_000
/** A vector of more entries than this is compared part by part. */
const smallVector = 64
/** What is asked of a peer that is reached by another connection, too, is asked that much later: it is the other one's business. */
const sparedDelayMs = 5_000
/** Who does not answer for the first is reached by another connection, if there is one, for at least the second. */
const silenceMs = 1_000
const doubtMs = 60_000
/** To so many at most an operation is sent one by one, where the others get it by another connection. */
const mostSentSingly = 3
/** Of what was written while alone, so much is given to all on arriving; of what is more, they are told, and ask. */
const mostGivenBytes = 256 * 1024
const mostGivenOperations = 1_000
/** The same, to a transport that keeps it: whoever reads it there may have nobody to ask. */
const mostKeptBytes = 4 * 1024 * 1024
const mostKeptOperations = 20_000
/** Of the operations before a disconnection, so many are given again then: they may not have left. */
const givenAgain = 64
/** How much waits at most while something long is done: then all else waits for that. */
const mostInboxBytes = 8 * 1024 * 1024

/**
 * How a clone meets the others on one channel: causal delivery, catching up, and the state for whoever needs it. A state machine:
 * what happens comes in as calls, what is to be done goes out through its {@link SessionHost}, and time is the host's.
 *
 *     arriving     hello (digests) to some, who answer with theirs; unequal digests: ask one of them
 *     asking       [buckets (digests) -> differing (digests of parts)], if the vector is long
 *                  request (vector, or those parts of it) -> operations, in groups; or the offer of a state
 *                  fetch (items) -> items, of which those that are here already are not fetched; when whole: join, and ask again
 *     arrived      publish what was written while alone
 *     asked        whoever is asked learns the vector, and asks back when it lacks something itself
 *     live         operations published as they become durable; not ready: buffered; a gap that stays: ask
 *     now and then publish hello, more rarely while quiet
 *
 * One peer is asked at a time. A message that is lost costs a timeout, and another peer is asked. Nothing that comes in can make
 * it throw. Messages are dealt with one after the other; what takes long is done in slices, and what comes meanwhile waits.
 */
export class Session {
  readonly refused: RefusedCounts = { malformed: 0, foreign: 0, newer: 0 }
  readonly peers = new Peers()
  private readonly host: SessionHost
  private readonly channelCheck: number
  private readonly reception: SharedReception
  private readonly outbox: Outbox
  private readonly answers: Answers
  private readonly probing: Probing
  private readonly fragments = new Fragments()
  private asking: Asking | undefined
  private lastRequest = 0
  private helloMs = leastHelloMs
  private cancelHello: () => void = nothing
  private greetingMs = leastGreetingMs
  private cancelGreeting: (() => void) | undefined
  private cancelSettle: (() => void) | undefined
  private settleAtMs = 0
  private watchingGap = false
  private online = false
  private synced = false
  private diverged: string | undefined
  private readonly compareAgain = () => this.compare()
  /** What is to be done before the next message, in this order. */
  private readonly works: { readonly from: PeerId; readonly work: Work<void> }[] = []
  private readonly inbox: (readonly [from: PeerId, bytes: Uint8Array])[] = []
  private inboxBytes = 0
  private working = false
  private isInPiece = false
  /** What has been applied before these ticks was given to the transport, where it keeps. */
  private givenTicks: number | undefined

  /**
   * @param channelCheck what stands in every message (`DomainChannel`): one of another domain is noticed
   * @param reception what it has in common with the sessions of the same clone on other channels
   */
  constructor(host: SessionHost, channelCheck: number, reception = new SharedReception()) {
    this.host = host
    this.channelCheck = channelCheck
    this.reception = reception
    this.outbox = new Outbox(host, channelCheck)
    this.answers = new Answers(host, this.outbox)
    this.probing = new Probing(host, this.outbox, this.peers, reception.confirmations, id => this.awaits(id))
  }

  // --- what the status shows

  /** Whether, since it came online, this clone has had everything that some peer had. */
  get upToDate(): boolean {
    return this.synced
  }

  /** Whether a peer leaves questions by this connection unanswered. */
  isDoubted(id: PeerId): boolean {
    return this.peers.has(id) && this.peers.of(id).doubtedUntilMs > 0
  }

  get catchUp(): CatchUp | undefined {
    return this.asking?.incoming?.progress
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
    this.cancelGreeting?.()
    this.cancelGreeting = undefined
    if (online) {
      this.helloMs = leastHelloMs
      this.greetingMs = leastGreetingMs
      if (this.peers.count > 0) this.greet(this.peers.ids)
      this.scheduleHello()
      this.probing.begin()
      if (this.host.transportKeeps) this.giveToKeep()
    } else {
      this.inbox.length = 0
      this.inboxBytes = 0
      this.peers.clear()
      this.probing.stop()
      if (this.host.transportKeeps) this.givenTicks = this.host.journal.latestTicks - givenAgain
    }
    this.host.changed()
  }

  /**
   * Who else is there now.
   * @param spared those of them to be {@link spare}d
   */
  setPeers(present: ReadonlySet<PeerId> | ReadonlyMap<PeerId, unknown>, spared: ReadonlySet<PeerId> = nobody): void {
    const arrived = this.peers.set(present)
    this.fragments.keepOnly(present)
    this.spare(spared)
    // Of one that has given all of a state, nothing is needed for joining it.
    const isAwaited = this.asking !== undefined && !this.asking.incoming?.isWhole
    if (isAwaited && !this.peers.has(this.asking!.peer)) this.askAnother()
    // Whoever arrives says hello itself; but a hello sent before it could hear is said again.
    if (arrived.length > 0 && this.online && !this.synced) this.greet(arrived)
    // That it keeps what they write must be known to all, and at once.
    if (this.host.keeps && this.online) for (const peer of arrived) this.sayHello(peer, false)
    this.host.changed()
  }

  /**
   * These are reached by another connection of the clone: operations, greetings and probes for them go there. They are answered here, as all are, and
   * their hellos heard; so if the other connection does less than it seems to, that is noticed.
   */
  spare(spared: ReadonlySet<PeerId>): void {
    const left: PeerId[] = []
    for (const [id, peer] of this.peers) {
      if (peer.isSpared && !spared.has(id)) left.push(id)
      peer.isSpared = spared.has(id)
    }
    if (left.length === 0 || !this.online) return
    // The other connection has failed them, and what was last sent there may be lost: as on arriving.
    this.synced = false
    this.greetingMs = leastGreetingMs
    this.greet(left)
    this.probing.begin()
    this.host.changed()
  }

  /** A peer owes an answer. */
  private awaits(id: PeerId): void {
    const peer = this.peers.of(id)
    const now = this.host.now()
    peer.awaitedMs ||= now
    if (now - peer.awaitedMs >= silenceMs) this.doubt(peer)
  }

  private doubt(peer: Peer): void {
    const isNews = peer.doubtedUntilMs === 0
    peer.doubtedUntilMs = this.host.now() + doubtMs
    if (isNews) this.host.doubted()
  }

  private answered(peer: Peer): void {
    peer.awaitedMs = 0
    if (peer.doubtedUntilMs === 0 || this.host.now() < peer.doubtedUntilMs) return
    peer.doubtedUntilMs = 0
    this.host.doubted()
  }

  /** Own operations have become durable. With nobody there to hear of them, they are given to whoever comes. */
  publish(operations: readonly OperationHeader[]): void {
    const { receivers } = this
    if (receivers.length === 0) return
    this.forward(operations, receivers)
    if (this.online) this.probing.begin()
  }

  /** Operations have become durable that others here do not have. */
  forward(operations: readonly OperationHeader[], to = everybody): void {
    this.host.changed()
    if (!this.online) return
    this.helloMs = leastHelloMs
    this.give(
      operations.map(({ bytes }) => bytes),
      to,
    )
  }

  /** To whom operations go that were written here: everybody, unless most get them by another connection. */
  private get receivers(): readonly (PeerId | undefined)[] {
    const { served, count } = this.peers
    // What is kept there is for whoever comes later.
    if (this.host.transportKeeps) return everybody
    return served.length === count || served.length > mostSentSingly ? everybody : served
  }

  /** Something has been written somewhere: whoever is served here is greeted sooner again, who may have missed it. */
  stir(): void {
    if (this.peers.served.length > 0) this.helloMs = leastHelloMs
  }

  private give(operations: readonly Uint8Array[], to: readonly (PeerId | undefined)[]): void {
    for (const group of grouped(operations))
      for (const receiver of to) this.outbox.operations(receiver, { request: 0, end: AnswerEnd.all, operations: group })
  }

  /** More has come to this clone by another way than operations: the others here are told. */
  hasMore(): void {
    if (this.online && this.peers.served.length > 0) this.sayHello(undefined, false)
  }

  /** Other rules are in force here. */
  rulesChanged(): void {
    if (this.online && this.peers.count > 0) this.sayHello(undefined, false)
  }

  /** Bytes from a peer. */
  message(from: PeerId, bytes: Uint8Array): void {
    this.inbox.push([from, bytes])
    this.inboxBytes += bytes.length
    this.workOn()
    // Whoever sends faster than this clone can take it in is slowed down by its connection, as long as this thread does nothing else.
    if (!this.isInPiece) while (this.inboxBytes > mostInboxBytes) this.piece()
  }

  /** Something that takes long is to be done before the next message. When it cannot be, whoever it came from is left alone. */
  private begin(from: PeerId, work: Work<void>): void {
    this.works.push({ from, work })
    this.workOn()
  }

  private workOn(): void {
    if (this.working) return
    this.working = true
    inSlices(() => this.piece(), this.host)
  }

  /** @returns whether there is more */
  private piece(): boolean {
    const { works, inbox } = this
    const [next] = works
    let done: boolean | undefined = true
    this.isInPiece = true
    try {
      if (next !== undefined)
        this.guarded(next.from, () => {
          done = next.work.next().done
        })
      else if (inbox.length > 0) {
        const [from, bytes] = inbox.shift()!
        this.inboxBytes -= bytes.length
        this.open(from, bytes, false)
      }
    } catch (error) {
      this.working = false
      throw error
    } finally {
      this.isInPiece = false
      if (done && works[0] === next) works.shift()
    }
    this.working = works.length > 0 || inbox.length > 0
    return this.working
  }

  /** @param joined whether fragments were put together to this: a fragment cannot be in fragments */
  private open(from: PeerId, bytes: Uint8Array, joined: boolean): void {
    const opened = open(bytes, this.channelCheck)
    if (opened.kind !== 'message') {
      if (opened.kind === 'foreign') this.estrange(from)
      this.refuse(opened.kind === 'malformed' || opened.kind === 'foreign' ? opened.kind : 'newer')
      return
    }
    this.guarded(from, () => {
      if (joined && opened.type === MessageType.fragment) opened.payload.fail('a fragment within fragments')
      this.handle(from, opened.type, opened.payload)
    })
  }

  /** Whoever means another domain is not waited for. */
  private estrange(id: PeerId): void {
    this.peers.estrange(id)
    if (this.asking?.peer === id) this.askAnother()
  }

  private refuse(as: keyof RefusedCounts): void {
    this.refused[as]++
    this.host.changed()
  }

  /** What a peer sent is dealt with: when it cannot be used, that is counted, and the peer left alone. */
  private guarded(from: PeerId, deal: () => void): void {
    try {
      deal()
    } catch (error) {
      // A store that fails is in the status already; what was not taken is asked for again.
      if (hasCode(error, 'store-failed')) return
      const isKnown = hasCode(error, 'data-malformed') || hasCode(error, 'data-version')
      if (!isKnown) throw error
      if (this.asking?.peer === from) this.leaveAlone(from)
      this.refuse(hasCode(error, 'data-version') ? 'newer' : 'malformed')
    }
  }

  private handle(from: PeerId, type: number, payload: Reader): void {
    switch (type) {
      case MessageType.hello:
        this.onHello(from, readHello(payload))
        break
      case MessageType.buckets:
        this.answers.buckets(from, readBuckets(payload))
        break
      case MessageType.differing:
        this.onDiffering(from, readDiffering(payload))
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
        this.answers.offerState(from, readStateRequest(payload), true)
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
        this.probing.answer(from, readReach(payload))
        break
      case MessageType.reached:
        this.answered(this.peers.of(from))
        this.onReached(from, readReach(payload))
        break
      default:
        if (type % 2 === 1) this.refuse('newer')
    }
  }

  // --- hello

  private sayHello(to: PeerId | undefined, reply: boolean): void {
    const { graph, isNew, keeps, rulesDigest } = this.host
    const { covered } = graph.replicas
    const [vectorDigest, stateDigest] = [graph.replicas.digest(), graph.digest]
    this.outbox.send(to, MessageType.hello, writer =>
      writeHello(writer, { reply, isNew, keeps, covered, vectorDigest, stateDigest, rulesDigest }),
    )
  }

  /** Not all are asked to answer, however many there are. */
  private greet(arrived: readonly PeerId[]): void {
    const peers = arrived.filter(id => !this.peers.of(id).isSpared)
    if (peers.length === 0) return
    const asked = peers.length <= greeted ? peers : some(greeted, this.peers.served, () => this.host.random())
    for (const peer of asked) {
      this.sayHello(peer, true)
      this.awaits(peer)
    }
    this.cancelGreeting ??= this.host.schedule(
      () => {
        this.cancelGreeting = undefined
        if (this.synced || this.asking !== undefined || this.peers.count === 0) return
        this.greetingMs = Math.min(this.greetingMs * 2, leastHelloMs)
        this.greet(this.peers.ids)
      },
      this.greetingMs * (1 + this.host.random() / 2),
    )
  }

  private scheduleHello(): void {
    this.cancelHello()
    const delay = this.helloMs * (0.75 + this.host.random() / 2)
    this.cancelHello = this.host.schedule(() => {
      this.helloMs = Math.min(this.helloMs * 2, mostHelloMs)
      this.reception.delivery.expire(this.host.now())
      if (this.peers.count > 0) this.sayHello(undefined, false)
      this.scheduleHello()
    }, delay)
  }

  private onHello(from: PeerId, hello: Hello): void {
    if (hello.features !== 0) {
      this.refuse('newer')
      return
    }
    const peer = this.peers.of(from)
    const mine = this.host.graph.replicas.covered
    const becomesKeeper = hello.keeps && !peer.keeps
    Object.assign(peer, {
      vectorDigest: hello.vectorDigest,
      stateDigest: hello.stateDigest,
      rulesDigest: hello.rulesDigest ?? 0,
      covered: hello.covered,
      lag: { counters: mine - hello.covered, atMs: this.host.now() },
      isNew: hello.isNew,
      keeps: hello.keeps,
    })
    this.answered(peer)
    if (this.sameVector(peer)) peer.differs = false
    else this.differs(peer, this.isAhead(peer), peer.isSpared)
    if (hello.reply) this.sayHello(from, false)
    if (!peer.differs) this.agree(from, peer)
    if (becomesKeeper) this.probing.begin()
    this.compare()
  }

  /** @param ahead whether the peer may well have what is missing here: if not, it will ask itself */
  private differs(peer: Peer, ahead: boolean, isSpared: boolean): void {
    const delayMs = (isSpared ? sparedDelayMs : 0) + (ahead ? aheadDelayMs : behindDelayMs) * (1 + this.host.random())
    const dueMs = this.host.now() + delayMs
    peer.dueMs = peer.differs ? Math.min(peer.dueMs, dueMs) : dueMs
    peer.differs = true
  }

  private sameVector({ vectorDigest }: Peer): boolean {
    const [one, two] = this.host.graph.replicas.digest()
    return vectorDigest !== undefined && vectorDigest[0] === one && vectorDigest[1] === two
  }

  /**
   * Asks one of the peers that have something else: at once when this clone is not up to date, else only if the difference stays. One that has less than
   * is here asks itself, and from its request it is known whether it has anything that is missing here.
   */
  private compare(): void {
    if (this.asking !== undefined) return
    const different = this.different()
    if (different.length === 0) return
    if (this.reception.isAsking) {
      this.reception.waitToAsk(this.compareAgain)
      return
    }
    const ahead = different.filter(([, peer]) => peer.hasMore !== undefined || (this.isAhead(peer) && !peer.isSpared))
    if (!this.synced && ahead.length > 0) {
      // Any of them, since others may be asking, too.
      this.ask(ahead[Math.floor(this.host.random() * ahead.length)][0])
      return
    }
    const [[first, { dueMs }]] = different.sort(([, a], [, b]) => a.dueMs - b.dueMs)
    const now = this.host.now()
    if (dueMs <= now) this.ask(first)
    else this.settle(now, dueMs)
  }

  /** Whether this clone is the one to ask, and not the peer. With equally many counters, their digests decide. */
  private isAhead({ covered, vectorDigest }: Peer): boolean {
    const { replicas } = this.host.graph
    if (covered !== replicas.covered) return covered > replicas.covered
    const [mine] = replicas.digest()
    return vectorDigest === undefined || vectorDigest[0] >= mine
  }

  /** Looks again when the first difference is due. */
  private settle(nowMs: number, dueMs: number): void {
    if (this.cancelSettle !== undefined && this.settleAtMs <= dueMs) return
    this.cancelSettle?.()
    this.settleAtMs = dueMs
    this.cancelSettle = this.host.schedule(() => {
      this.cancelSettle = undefined
      this.compare()
    }, dueMs - nowMs)
  }

  private different(): [PeerId, Peer][] {
    const now = this.host.now()
    const different: [PeerId, Peer][] = []
    for (const [id, peer] of this.peers) {
      // Operations under way may have arrived meanwhile.
      if (peer.differs && this.sameVector(peer)) peer.differs = false
      if (peer.differs && peer.notBeforeMs <= now) different.push([id, peer])
    }
    return different
  }

  /** A peer has the same operations. If it has not the same data, one of the two has lost some, or an id has been used twice: they unite. */
  private agree(id: PeerId, peer: Peer): void {
    const mine = this.host.graph.digest
    const diverged = peer.stateDigest !== undefined && !sameDigest(peer.stateDigest, mine)
    const divergence = diverged ? `${digestText(mine)} here, ${digestText(peer.stateDigest!)} there` : undefined
    if (diverged && !this.reception.isAsking && peer.notBeforeMs <= this.host.now()) {
      backOff(peer, this.host.now())
      this.ask(id, 'state')
    } else if (!diverged) peer.inVain = 0
    const confirmed = this.mayConfirm(peer) && this.reception.confirmations.confirmAll()
    if (confirmed) this.host.confirmed()
    if (!peer.isNew && this.host.isNew) this.host.caughtUp()
    if (this.synced && divergence === this.diverged && !confirmed) return
    this.diverged = divergence
    this.becomesSynced()
    this.host.changed()
  }

  /** Nothing of what a peer has is missing here. */
  private hasAllOf(peer: Peer): void {
    peer.differs = false
    // Of a state whose coming was interrupted, nothing is needed any more.
    this.reception.held.clear()
    if (!peer.isNew && this.host.isNew) this.host.caughtUp()
    this.becomesSynced()
    this.host.changed()
  }

  private mayConfirm(peer: Peer): boolean {
    return peer.keeps || !this.host.needsKeeper
  }

  /** Everything that a peer had is here. What was written while alone is given to all: one by one they would have to ask for it. */
  private becomesSynced(): void {
    if (this.synced) return
    this.synced = true
    // Those that were not asked have not heard of this clone.
    if (this.peers.count > greeted) this.sayHello(undefined, false)
    if (!this.host.transportKeeps) this.giveAll(this.unconfirmed(), mostGivenOperations, mostGivenBytes)
  }

  /** What a transport that keeps does not keep yet: what came while it was offline, of others, too; when this clone has just been opened, what nobody has confirmed. */
  private giveToKeep(): void {
    const { givenTicks, host } = this
    const ticks =
      givenTicks === undefined
        ? this.unconfirmed()
        : host.journal.after(givenTicks, mostKeptOperations + 1, mostKeptBytes)
    this.giveAll(ticks, mostKeptOperations, 2 * mostKeptBytes)
  }

  /** Of what was written here, what nobody is known to have. */
  private unconfirmed(): readonly number[] {
    const firsts = this.reception.confirmations.firsts()
    return this.host.journal.since(replica => (firsts.get(replica) ?? Infinity) - 1) ?? []
  }

  /** Gives operations to all; none, if they are more. */
  private giveAll(ticks: readonly number[], mostOperations: number, mostBytes: number): void {
    if (ticks.length === 0 || ticks.length > mostOperations) return
    this.host.readOperations(ticks, operations => {
      const bytes = operations.reduce((sum, { length }) => sum + length, 0)
      if (this.online && bytes <= mostBytes) this.give(operations, this.receivers)
    })
  }

  // --- asking

  /** @param step what for; by default what is missing, for which a long vector is compared part by part */
  private ask(id: PeerId, step?: Asking['step'], parts?: readonly number[]): void {
    const peer = this.peers.of(id)
    const about = parts ?? peer.hasMore?.parts
    peer.hasMore = undefined
    // Where that has been in vain, the digests of parts may have been equal by accident.
    const isLong = this.host.graph.replicas.count > smallVector && about === undefined && peer.inVain === 0
    const request = ++this.lastRequest
    const first = step ?? (isLong ? 'buckets' : 'operations')
    this.reception.beginAsking(this)
    this.asking = { id: request, peer: id, step: first, operations: 0, incoming: undefined, cancelTimeout: nothing }
    this.expectAnswer()
    if (first === 'state') this.outbox.send(id, MessageType.stateRequest, writer => writer.varint(request))
    else if (first === 'buckets') {
      const digests = this.host.graph.replicas.partDigests().buckets
      this.outbox.send(id, MessageType.buckets, writer => writeBuckets(writer, { id: request, digests }))
    } else {
      const vector = this.vector(about)
      this.outbox.send(id, MessageType.request, writer => writeRequest(writer, { id: request, parts: about, vector }))
    }
    this.host.changed()
  }

  /** The parts of the vector in which a peer has something else are known. */
  private onDiffering(from: PeerId, differing: Differing): void {
    if (this.asking?.id !== differing.id || this.asking.peer !== from || this.asking.step !== 'buckets') return
    const parts = differentParts(this.host.graph.replicas.partDigests(), differing)
    this.stopAsking()
    if (parts.length > 0) this.ask(from, 'operations', parts)
    else {
      // What differed has come meanwhile. If not, all will be compared the next time.
      backOff(this.peers.of(from), this.host.now())
      this.sayHello(from, true)
      this.host.changed()
    }
  }

  private expectAnswer(): void {
    const asking = this.asking!
    asking.cancelTimeout()
    asking.cancelTimeout = this.host.schedule(() => {
      if (this.asking !== asking) return
      const missing = asking.incoming?.toRepeat() ?? []
      if (missing.length === 0) {
        if (this.peers.has(asking.peer)) this.doubt(this.peers.of(asking.peer))
        this.leaveAlone(asking.peer)
      } else {
        this.expectAnswer()
        this.fetch(asking, missing)
      }
    }, answerTimeoutMs)
  }

  private stopAsking(): void {
    this.asking?.cancelTimeout()
    this.asking = undefined
    this.reception.endAsking(this, again => this.host.schedule(again, 0))
  }

  /** This peer did not help: another is asked. */
  private leaveAlone(id: PeerId): void {
    if (this.peers.has(id)) this.peers.of(id).notBeforeMs = this.host.now() + leaveAloneMs
    this.askAnother()
    // When nobody else can help either, it is asked again.
    this.host.schedule(() => this.compare(), leaveAloneMs + 1)
  }

  private askAnother(): void {
    this.stopAsking()
    this.host.changed()
    this.compare()
  }

  /** @param parts only the entries in these */
  private vector(parts?: readonly number[]): VectorEntry[] {
    const { replicas } = this.host.graph
    const about = parts && new Set(parts)
    const entries: VectorEntry[] = []
    replicas.ids.forEach((replica, index) => {
      if (replicas.counters[index] > 0 && about?.has(replicas.partOf(index)) !== false)
        entries.push({ replica, counter: replicas.counters[index], check: replicas.checks[index] })
    })
    return entries.sort((a, b) => compareBytes(a.replica, b.replica))
  }

  // --- being asked

  private onRequest(from: PeerId, request: Request): void {
    // When it has taken all, it compares itself with what is here now.
    this.onReached(from, request.vector)
    const lacking = this.answers.request(from, request, () => this.sayHello(from, false))
    const peer = this.peers.of(from)
    if (lacking) {
      peer.hasMore = { parts: request.parts }
      this.differs(peer, true, false)
      this.compare()
    } else this.hasAllOf(peer)
  }

  private onReached(from: PeerId, reach: Reach): void {
    if (!this.mayConfirm(this.peers.of(from))) return
    const { replicas } = this.host.graph
    let news = false
    for (const { replica, counter } of reach) {
      const index = replicas.find(replica)
      if (index >= 0 && this.reception.confirmations.confirm(index, counter)) news = true
    }
    if (!news) return
    this.host.confirmed()
    this.host.changed()
  }

  // --- operations

  private onOperations(from: PeerId, message: Operations): void {
    const { delivery } = this.reception
    const operations = message.operations.map(decodeHeader)
    this.host.heard(from, operations)
    if (operations.length === 1 && delivery.count === 0) {
      delivery.take(operations[0], this.host)
      this.onTaken(from, message)
    } else this.begin(from, this.taking(from, message, delivery.taking(operations, this.host)))
  }

  private *taking(from: PeerId, message: Operations, delivering: Work<void>): Work<void> {
    yield* delivering
    this.onTaken(from, message)
  }

  private onTaken(from: PeerId, message: Operations): void {
    const { delivery } = this.reception
    const isAnswer = message.request !== 0 && this.asking?.id === message.request && this.asking.peer === from
    if (isAnswer) this.onAnswer(from, message)
    else if (message.request === 0) this.helloMs = leastHelloMs
    if (delivery.count > 0) this.watchGap(from)
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
    const peer = this.peers.of(from)
    // Nothing was missing here: the difference is theirs to mend, or nobody's.
    if (operations > 0) peer.inVain = 0
    else backOff(peer, this.host.now())
    this.hasAllOf(peer)
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
        if (this.reception.delivery.count === 0 || this.asking !== undefined) return
        if (this.reception.isAsking) {
          this.watchGap(from)
          return
        }
        const peer = this.peers.has(from) ? from : this.peers.ids[0]
        if (peer !== undefined && this.peers.of(peer).notBeforeMs <= this.host.now()) this.ask(peer)
      },
      gapDelayMs * (1 + this.host.random()),
    )
  }

  // --- state

  private onStateOffer(from: PeerId, offer: StateOffer): void {
    const { asking } = this
    if (asking?.id !== offer.request || asking.peer !== from || asking.incoming !== undefined) return
    const { itemCount } = decodeStateHeader(offer.header)
    if (itemCount !== offer.items.length + 1 || IncomingState.isTooLarge(offer)) {
      this.refuse('malformed')
      this.leaveAlone(from)
      return
    }
    asking.incoming = new IncomingState(offer, this.reception.held, this.host.graph)
    this.progress(asking)
  }

  private onStateItem(from: PeerId, item: StateItem): void {
    const { asking } = this
    if (asking?.peer !== from || asking.incoming?.stream !== item.stream) return
    if (item.bytes.length === 0) {
      this.leaveAlone(from)
      return
    }
    const length = asking.incoming.lengthOf(item.index)
    if (length === undefined) return
    if (!item.deflated) this.takeItem(asking, item.index, item.bytes)
    else
      this.host.inflate?.(item.bytes, length).then(
        bytes => this.guarded(from, () => this.takeItem(asking, item.index, bytes)),
        () => this.takeItem(asking, item.index, empty),
      )
  }

  private takeItem(asking: Asking, place: number, bytes: Uint8Array): void {
    if (this.asking !== asking) return
    if (asking.incoming!.take(place, bytes)) this.progress(asking)
    else {
      this.refuse('malformed')
      this.leaveAlone(asking.peer)
    }
  }

  /** Asks for the next items, or takes the state when it is whole. */
  private progress(asking: Asking): void {
    const incoming = asking.incoming!
    const { whole } = incoming
    incoming.readOn()
    this.expectAnswer()
    if (whole === undefined) {
      const items = incoming.toFetch()
      if (items.length > 0) this.fetch(asking, items)
      this.host.changed()
    } else {
      asking.cancelTimeout()
      const taking = asking.step === 'state' ? this.uniting(asking, whole) : this.joining(asking, whole)
      this.begin(asking.peer, this.orAwaiting(asking, taking))
    }
  }

  /** What cannot be taken now, since the store fails, is as if it had not come. */
  private *orAwaiting(asking: Asking, taking: Work<void>): Work<void> {
    try {
      yield* taking
    } catch (error) {
      if (this.asking === asking) this.expectAnswer()
      throw error
    }
  }

  private fetch({ peer, incoming }: Asking, items: Fetch['items']): void {
    const fetch = { stream: incoming!.stream, inflates: this.host.inflate !== undefined, items }
    this.outbox.send(peer, MessageType.fetch, writer => writeFetch(writer, fetch))
  }

  /** Goes on when the peer has left meanwhile, or the connection is lost. */
  private *joining(asking: Asking, items: readonly Uint8Array[]): Work<void> {
    const incoming = asking.incoming!
    const read = yield* incoming.readingAll()
    const letGo = read === undefined ? nothing : yield* this.host.preparing(read)
    // Whatever comes of it, these items have done what they could.
    this.reception.held.clear()
    try {
      // While it is still being asked: if the state is of no use, the peer is left alone.
      this.host.join(items, read)
    } finally {
      letGo()
    }
    incoming.joined()
    if (this.asking === asking) {
      this.stopAsking()
      if (this.peers.has(asking.peer)) this.ask(asking.peer)
      else this.compare()
    }
    yield* this.reception.delivery.takingAgain()
  }

  /**
   * Only while the vectors are the very same: what one has deleted and the other not yet would come back. Else it is tried again, when the hello
   * that follows still tells of a difference.
   */
  private *uniting(asking: Asking, items: readonly Uint8Array[]): Work<void> {
    const incoming = asking.incoming!
    const read = yield* incoming.readingAll()
    this.reception.held.clear()
    const mine = this.vector()
    const { vector } = decodeStateHeader(items[0])
    const isSame =
      vector.length === mine.length &&
      vector.every(
        ({ replica, counter, check }, i) =>
          counter === mine[i].counter && check === mine[i].check && sameBytes(replica, mine[i].replica),
      )
    if (isSame) {
      this.host.unite(items, read)
      incoming.joined()
    }
    if (this.asking !== asking) return
    this.stopAsking()
    this.sayHello(asking.peer, true)
    this.host.changed()
  }

  // --- the end

  /** What was applied has been undone: states that were made of it must not be given out. */
  rolledBack(): void {
    this.answers.close()
  }

  /** The store takes writes again: what came meanwhile was not taken. */
  recovered(): void {
    if (this.online && this.peers.count > 0) this.greet(this.peers.ids)
  }

  /** Stops all timers. */
  close(): void {
    this.setOnline(false)
    this.works.length = 0
    this.cancelSettle?.()
    this.answers.close()
  }
}

/** The parts of a vector that are otherwise at a peer than here. */
function differentParts(mine: VectorParts, { buckets }: Differing): number[] {
  return buckets
    .flatMap(({ bucket, parts }) =>
      parts
        .map((digest, i) => ({ digest, part: bucket * parts.length + i }))
        .filter(({ digest, part }) => mine.part(part) !== digest),
    )
    .map(({ part }) => part)
}

const nobody: ReadonlySet<PeerId> = new Set()
const everybody: readonly (PeerId | undefined)[] = [undefined]
const empty = new Uint8Array(0)
const nothing = (): void => {}
