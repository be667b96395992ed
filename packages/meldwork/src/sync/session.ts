import {
  type BufferLimits,
  CausalBuffer,
  compareBytes,
  type Need,
  type ReplicaIndex,
  replicaName,
} from '../causality/index.js'
import { type Reader, Writer } from '../codec/index.js'
import { hasCode } from '../errors.js'
import { type DigestValue, decodeStateHeader, digestText, type Graph, sameDigest } from '../graph/index.js'
import type { Journal } from '../journal/index.js'
import { decodeHeader, type OperationHeader } from '../operation/index.js'
import type { PeerId } from '../ports/index.js'
import { MessageType, open, seal } from './envelope.js'
import { Fragments } from './fragments.js'
import {
  AnswerEnd,
  type Fetch,
  type Hello,
  type Operations,
  type Request,
  readFetch,
  readFragment,
  readHello,
  readOperations,
  readRequest,
  readStateItem,
  readStateOffer,
  type StateItem,
  type StateOffer,
  type VectorEntry,
  writeFetch,
  writeFragment,
  writeHello,
  writeOperations,
  writeRequest,
  writeStateItem,
  writeStateOffer,
} from './messages.js'
import { StateStreams } from './state-streams.js'

/** What a session asks of the clone around it. Everything is a plain call: a session never waits. */
export interface SessionHost {
  readonly graph: Graph
  readonly journal: Journal
  /** The largest message that the transport takes. */
  readonly maxMessageBytes: number
  now(): number
  /** From 0 up to 1: for jitter. */
  random(): number
  schedule(callback: () => void, delayMs: number): () => void
  /**
   * Sends to one peer, or with undefined to all, as soon as everything that has been applied until now is durable: nobody may ever
   * have seen what a crash can take back.
   */
  send(to: PeerId | undefined, message: Uint8Array): void
  /** Reads operations from the journal, and hands them over when all are there; it may be some time later. */
  readOperations(ticks: readonly number[], then: (operations: Uint8Array[]) => void): void
  /** Applies an operation whose causes are all here. @throws CodedError `data-malformed`, `store-failed` */
  receive(header: OperationHeader): void
  /** Joins a whole state. @throws CodedError `data-malformed`, `data-version`, `store-failed` */
  join(items: readonly Uint8Array[]): void
  /** Whether this is the replica under which this clone writes now. */
  isOwn(replica: ReplicaIndex): boolean
  /** Two operations share a name: the machine, or its memory, has been cloned. */
  forked(replica: ReplicaIndex, from: number): void
  /** Something that the status shows has changed. */
  changed(): void
}

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
  /** Not before then is it asked again. */
  notBeforeMs: number
}

/** A request to one peer that has not been answered to the end. */
interface Asking {
  readonly id: number
  readonly peer: PeerId
  /** How many operations have come in answer. */
  operations: number
  state: { stream: number; items: Uint8Array[]; total: number; asked: number } | undefined
  cancelTimeout: () => void
}

/** After this long without any part of an answer, another peer is asked. */
const answerTimeoutMs = 5_000
/** How long a peer that did not answer, or could not help, is left alone. */
const leaveAloneMs = 10_000
/** How long a gap in the operations may stand before it is asked about: most close by themselves. */
const gapDelayMs = 150
/** How long a difference with a peer is let stand while operations are under way. */
const settleDelayMs = 100
/** Between hellos: from the first while something happens, to the second while quiet. */
const leastHelloMs = 15_000
const mostHelloMs = 240_000
/** How many bytes of operations are sent as one answer; the rest is asked for anew. */
const answerBytes = 1024 * 1024
/** About how many bytes of operations go into one message. */
const messageBytes = 32 * 1024
/** How many items of a state are under way at a time. */
const fetchWindow = 8
const bufferLimits: BufferLimits = { count: 10_000, bytes: 16 * 1024 * 1024, ageMs: 120_000 }

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
  private readonly buffer = new CausalBuffer<OperationHeader>(bufferLimits)
  private readonly peers = new Map<PeerId, Peer>()
  private readonly streams: StateStreams
  private readonly fragments = new Fragments()
  private readonly writer = new Writer(4096)
  private asking: Asking | undefined
  private lastRequest = 0
  private lastFragmented = 0
  private helloMs = leastHelloMs
  private cancelHello: () => void = nothing
  private cancelSettle: (() => void) | undefined
  private online = false
  private synced = false
  private diverged: string | undefined
  /** How many of this clone's own operations nobody is known to have been given. */
  unsent: number

  /** @param channelCheck the first bytes of the channel's name as a number: a message of another domain is noticed
   *  @param unsent how many operations may not have been given to anybody before */
  constructor(host: SessionHost, channelCheck: number, unsent: number) {
    this.host = host
    this.unsent = unsent
    this.channelCheck = channelCheck
    this.streams = new StateStreams(host)
  }

  // --- what the status shows

  get peerCount(): number {
    return this.peers.size
  }

  /** Whether, since it came online, this clone has had everything that some peer had. */
  get upToDate(): boolean {
    return this.synced
  }

  get catchUp(): CatchUp | undefined {
    const state = this.asking?.state
    return state && { received: state.items.length, total: state.total }
  }

  /** Operations that wait for others: how many, how many bytes, and for what. */
  get waiting(): { count: number; bytes: number; needs: Need[] } {
    return { count: this.buffer.count, bytes: this.buffer.bytes, needs: this.buffer.needs() }
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
    this.peers.clear()
    this.cancelHello()
    if (online) {
      this.helloMs = leastHelloMs
      this.sayHello(undefined, true)
      this.scheduleHello()
    }
    this.host.changed()
  }

  /** Who else is there now. */
  setPeers(present: ReadonlySet<PeerId> | ReadonlyMap<PeerId, unknown>): void {
    for (const peer of this.peers.keys()) if (!present.has(peer)) this.peers.delete(peer)
    const arrived = [...present.keys()].filter(peer => !this.peers.has(peer))
    for (const peer of arrived) this.peerOf(peer)
    this.fragments.keepOnly(this.peers)
    if (this.asking !== undefined && !this.peers.has(this.asking.peer)) this.askAnother()
    // Whoever arrives says hello itself; but a hello sent before it could hear is said again.
    if (arrived.length > 0 && this.online && !this.synced)
      this.sayHello(arrived.length === 1 ? arrived[0] : undefined, true)
    this.host.changed()
  }

  /** Own operations have become durable. With nobody there to hear of them, they are given to whoever comes. */
  publish(operations: readonly Uint8Array[]): void {
    if (!this.online || this.peers.size === 0) {
      this.unsent += operations.length
      this.host.changed()
      if (!this.online) return
    }
    this.helloMs = leastHelloMs
    for (const batch of batches(operations))
      this.sendOperations(undefined, { request: 0, end: AnswerEnd.all, operations: batch })
  }

  /** Bytes from a peer. */
  message(from: PeerId, bytes: Uint8Array): void {
    const opened = open(bytes, this.channelCheck)
    if (opened.kind !== 'message') {
      this.refused[opened.kind === 'malformed' || opened.kind === 'foreign' ? opened.kind : 'newer']++
      this.host.changed()
      return
    }
    try {
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
        return this.onHello(from, readHello(payload))
      case MessageType.request:
        return this.onRequest(from, readRequest(payload))
      case MessageType.operations:
        return this.onOperations(from, readOperations(payload))
      case MessageType.stateHeader:
        return this.onStateOffer(from, readStateOffer(payload))
      case MessageType.fetch:
        return this.onFetch(from, readFetch(payload))
      case MessageType.stateItem:
        return this.onStateItem(from, readStateItem(payload))
      case MessageType.fragment: {
        const whole = this.fragments.add(from, readFragment(payload))
        if (whole !== undefined) this.message(from, whole)
        return
      }
      default:
        if (type % 2 === 1) this.refused.newer++
    }
  }

  // --- hello

  private sayHello(to: PeerId | undefined, reply: boolean): void {
    const { graph } = this.host
    const [vectorDigest, stateDigest] = [graph.replicas.digest(), graph.digest]
    const empty = graph.heads.count === 0
    this.send(to, MessageType.hello, writer => writeHello(writer, { reply, empty, vectorDigest, stateDigest }))
  }

  private scheduleHello(): void {
    this.cancelHello()
    const delay = this.helloMs * (0.75 + this.host.random() / 2)
    this.cancelHello = this.host.schedule(() => {
      this.helloMs = Math.min(this.helloMs * 2, mostHelloMs)
      this.buffer.expire(this.host.now())
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
    peer.differs = !this.sameVector(peer)
    if (hello.reply) this.sayHello(from, false)
    if (!peer.differs) this.agree(peer)
    this.compare()
  }

  private sameVector({ vectorDigest }: Peer): boolean {
    const [one, two] = this.host.graph.replicas.digest()
    return vectorDigest !== undefined && vectorDigest[0] === one && vectorDigest[1] === two
  }

  /** A message can overtake the news of its sender's arrival. */
  private peerOf(id: PeerId): Peer {
    let peer = this.peers.get(id)
    if (peer === undefined) {
      peer = { vectorDigest: undefined, stateDigest: undefined, differs: false, notBeforeMs: 0 }
      this.peers.set(id, peer)
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

  /** A peer has the same operations. */
  private agree(peer: Peer): void {
    const mine = this.host.graph.digest
    const diverged = peer.stateDigest !== undefined && !sameDigest(peer.stateDigest, mine)
    const divergence = diverged ? `${digestText(mine)} here, ${digestText(peer.stateDigest!)} there` : undefined
    if (this.synced && divergence === this.diverged && this.unsent === 0) return
    this.synced = true
    this.unsent = 0
    this.diverged = divergence
    this.host.changed()
  }

  // --- asking

  private ask(peer: PeerId): void {
    const id = ++this.lastRequest
    this.asking = { id, peer, operations: 0, state: undefined, cancelTimeout: nothing }
    this.expectAnswer()
    const vector = this.vector()
    this.send(peer, MessageType.request, writer => writeRequest(writer, { id, vector }))
    this.host.changed()
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

  // --- being asked

  private onRequest(from: PeerId, request: Request): void {
    const { journal, graph } = this.host
    const theirs = new Map<ReplicaIndex, number>()
    let lacking = false
    for (const { replica, counter, check } of request.vector) {
      const index = graph.replicas.find(replica)
      const mine = index < 0 ? 0 : graph.replicas.counters[index]
      if (counter > mine) lacking = true
      if (counter === mine && check !== graph.replicas.checks[index]) this.host.forked(index, counter)
      if (index >= 0) theirs.set(index, counter)
    }
    const missing = journal.since(replica => theirs.get(replica) ?? 0)
    if (missing === undefined) this.offerState(from, request.id)
    else this.answer(from, request.id, missing)
    if (lacking && this.asking === undefined && this.peerOf(from).notBeforeMs <= this.host.now()) this.ask(from)
  }

  private answer(to: PeerId, request: number, missing: readonly number[]): void {
    // The journal tells how many; the bytes are known when they are read. A part of the answer is read at a time.
    const part = missing.slice(0, 4096)
    this.host.readOperations(part, operations => {
      let bytes = 0
      let count = 0
      while (count < operations.length && (count === 0 || bytes < answerBytes)) bytes += operations[count++].length
      const sent = operations.slice(0, count)
      const groups = batches(sent)
      const end = count === missing.length ? AnswerEnd.all : AnswerEnd.askAgain
      if (groups.length === 0) groups.push([])
      groups.forEach((group, i) => {
        const isLast = i === groups.length - 1
        this.sendOperations(to, { request, end: isLast ? end : AnswerEnd.follows, operations: group })
      })
      // What the asker compares itself with when it has taken all this.
      if (end === AnswerEnd.all) this.sayHello(to, false)
    })
  }

  private sendOperations(to: PeerId | undefined, message: Operations): void {
    this.send(to, MessageType.operations, writer => writeOperations(writer, message))
  }

  private offerState(to: PeerId, request: number): void {
    const { stream, items } = this.streams.open()
    this.send(to, MessageType.stateHeader, writer => writeStateOffer(writer, { request, stream, header: items[0] }))
  }

  private onFetch(from: PeerId, fetch: Fetch): void {
    const items = this.streams.items(fetch.stream)
    if (items === undefined) {
      this.sendItem(from, { stream: fetch.stream, index: fetch.from, item: new Uint8Array(0) })
      return
    }
    const end = Math.min(fetch.from + fetch.count, items.length)
    for (let index = fetch.from; index < end; index++)
      this.sendItem(from, { stream: fetch.stream, index, item: items[index] })
  }

  private sendItem(to: PeerId, item: StateItem): void {
    this.send(to, MessageType.stateItem, writer => writeStateItem(writer, item))
  }

  // --- operations

  private onOperations(from: PeerId, message: Operations): void {
    const headers = message.operations.map(decodeHeader)
    for (const header of headers) this.take(header)
    const isAnswer = message.request !== 0 && this.asking?.id === message.request && this.asking.peer === from
    if (isAnswer) this.onAnswer(from, message)
    else if (message.request === 0) this.helloMs = leastHelloMs
    if (this.buffer.count > 0) this.watchGap(from)
  }

  private onAnswer(from: PeerId, message: Operations): void {
    this.asking!.operations += message.operations.length
    if (message.end === AnswerEnd.follows) return this.expectAnswer()
    const { operations } = this.asking!
    if (message.end === AnswerEnd.askAgain) {
      this.stopAsking()
      return operations > 0 ? this.ask(from) : this.leaveAlone(from)
    }
    this.stopAsking()
    this.synced = true
    const peer = this.peerOf(from)
    peer.differs = false
    // Nothing was missing here: the difference is theirs to mend, and need not be asked about again at once.
    if (operations === 0) peer.notBeforeMs = this.host.now() + gapDelayMs * 10
    // Whoever was asked learns in return how far this clone has come.
    this.sayHello(from, false)
    this.host.changed()
    this.compare()
  }

  /** Delivers an operation when its causes are here, and then what waited for it; else keeps it for later. */
  private take(first: OperationHeader): void {
    const ready = [first]
    for (let header = ready.pop(); header !== undefined; header = ready.pop()) {
      const need = this.need(header)
      if (need === 'known') continue
      const replica = replicaName(header.replica)
      if (need !== undefined) {
        this.buffer.hold(`${replica}@${header.last}`, header, need, header.bytes.length, this.host.now())
        continue
      }
      this.host.receive(header)
      ready.push(...this.buffer.release(replica, header.last).reverse())
    }
  }

  /** What an operation waits for; undefined when it is ready; `known` when it is not news. */
  private need(header: OperationHeader): Need | 'known' | undefined {
    const { replicas } = this.host.graph
    const index = replicas.find(header.replica)
    const counter = index < 0 ? 0 : replicas.counters[index]
    if (header.first <= counter) {
      const isOther = header.last > counter || (header.last === counter && header.check !== replicas.checks[index])
      if (isOther) this.host.forked(index, header.first)
      return 'known'
    }
    if (header.first !== counter + 1) return { replica: replicaName(header.replica), counter: header.first - 1 }
    if (counter > 0 && header.previousCheck !== replicas.checks[index]) {
      this.host.forked(index, counter)
      return 'known'
    }
    // An operation from this clone that it has not made: once it has another name, this one is anybody's.
    if (index >= 0 && this.host.isOwn(index)) this.host.forked(index, header.first)
    for (const head of header.heads) {
      const headIndex = replicas.find(head.replica)
      if (headIndex < 0 || replicas.counters[headIndex] < head.counter)
        return { replica: replicaName(head.replica), counter: head.counter }
    }
    return undefined
  }

  private watchingGap = false

  /** A gap that does not close by itself is asked about. */
  private watchGap(from: PeerId): void {
    if (this.watchingGap) return
    this.watchingGap = true
    this.host.schedule(
      () => {
        this.watchingGap = false
        if (this.buffer.count === 0 || this.asking !== undefined) return
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
    asking.state = { stream: offer.stream, items: [offer.header], total: itemCount, asked: 1 }
    this.progress(from)
  }

  private onStateItem(from: PeerId, item: StateItem): void {
    const state = this.asking?.state
    if (state === undefined || this.asking!.peer !== from || state.stream !== item.stream) return
    if (item.item.length === 0) {
      this.leaveAlone(from)
      return
    }
    if (item.index !== state.items.length) return
    state.items.push(item.item)
    this.progress(from)
  }

  /** Asks for the next items, or joins the state when it is whole. */
  private progress(from: PeerId): void {
    const asking = this.asking!
    const state = asking.state!
    this.expectAnswer()
    if (state.items.length >= state.total) {
      this.stopAsking()
      this.host.join(state.items)
      for (const header of this.buffer.releaseAll()) this.take(header)
      this.ask(from)
      return
    }
    if (state.items.length === state.asked) {
      const fetch = { stream: state.stream, from: state.asked, count: Math.min(fetchWindow, state.total - state.asked) }
      state.asked += fetch.count
      this.send(from, MessageType.fetch, writer => writeFetch(writer, fetch))
    }
    this.host.changed()
  }

  // --- sending

  private send(to: PeerId | undefined, type: MessageType, write: (writer: Writer) => void): void {
    const { writer } = this
    seal(writer, this.channelCheck, type)
    write(writer)
    const message = writer.take()
    if (message.length <= this.host.maxMessageBytes) this.host.send(to, message)
    else this.sendFragments(to, message)
  }

  private sendFragments(to: PeerId | undefined, message: Uint8Array): void {
    const partBytes = this.host.maxMessageBytes - 64
    const count = Math.ceil(message.length / partBytes)
    const number = ++this.lastFragmented
    for (let index = 0; index < count; index++) {
      const bytes = message.subarray(index * partBytes, (index + 1) * partBytes)
      this.send(to, MessageType.fragment, writer => writeFragment(writer, { message: number, index, count, bytes }))
    }
  }

  /** What was applied has been undone: states that were made of it must not be given out. */
  rolledBack(): void {
    this.streams.close()
  }

  /** Stops all timers. */
  close(): void {
    this.setOnline(false)
    this.cancelSettle?.()
    this.streams.close()
  }
}

const nothing = (): void => {}

/** Operations in groups that make good messages. */
function batches(operations: readonly Uint8Array[]): Uint8Array[][] {
  const groups: Uint8Array[][] = []
  let bytes = 0
  for (const operation of operations) {
    if (groups.length === 0 || bytes + operation.length > messageBytes) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1)!.push(operation)
    bytes += operation.length
  }
  return groups
}
