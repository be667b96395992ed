import type { ReplicaIndex } from '../causality/index.js'
import type { PeerId } from '../ports/index.js'
import { MessageType } from './envelope.js'
import type { SessionHost } from './host.js'
import {
  AnswerEnd,
  type Buckets,
  type Fetch,
  type Request,
  type StateItem,
  writeDiffering,
  writeStateItem,
  writeStateOffer,
} from './messages.js'
import { grouped, type Outbox } from './outbox.js'
import { type Sent, StateStreams } from './state-streams.js'

/** How many bytes of operations are sent as one answer; the rest is asked for anew. */
const answerBytes = 1024 * 1024
/** How many operations are read for one answer at the most. */
const answerOperations = 4096

const gone: Sent = { deflated: false, bytes: new Uint8Array(0) }

/** Answers peers: with the operations that they lack, or where the journal does not reach back that far, with the state. */
export class Answers {
  private readonly host: SessionHost
  private readonly outbox: Outbox
  private readonly streams: StateStreams

  constructor(host: SessionHost, outbox: Outbox) {
    this.host = host
    this.outbox = outbox
    this.streams = new StateStreams(host)
  }

  /** Tells which buckets of the vector are otherwise here, and how their parts are. */
  buckets(from: PeerId, { id, digests }: Buckets): void {
    const mine = this.host.graph.replicas.partDigests()
    const buckets = digests
      .map((digest, bucket) => ({ digest, bucket }))
      .filter(({ digest, bucket }) => mine.bucket(bucket) !== digest)
      .map(({ bucket }) => ({ bucket, parts: mine.partsOf(bucket) }))
    this.outbox.send(from, MessageType.differing, writer => writeDiffering(writer, { id, buckets }))
  }

  /**
   * @param whenAll called when the last of an answer, or an empty one, has been sent
   * @returns whether the asker has something that is not here
   */
  request(from: PeerId, request: Request, whenAll: () => void): boolean {
    const { journal, graph } = this.host
    const { replicas } = graph
    const theirs = new Map<ReplicaIndex, number>()
    let lacking = false
    for (const { replica, counter, check } of request.vector) {
      const index = replicas.find(replica)
      const mine = index < 0 ? 0 : replicas.counters[index]
      if (counter > mine) lacking = true
      const known = counter === mine ? replicas.checks[index] : journal.checkAt(index, counter)
      if (index >= 0 && known !== undefined && check !== known) {
        this.host.forked(index)
        // Both sides take the same one of the two, so that their vectors can be equal again.
        if (counter === mine) replicas.set(index, counter, Math.max(check, known))
      }
      if (index >= 0) theirs.set(index, counter)
    }
    const { parts } = request
    const about = parts && new Set(parts)
    // In parts that it is not about, they have what is here.
    const outside = (replica: ReplicaIndex) => (about?.has(replicas.partOf(replica)) === false ? Infinity : 0)
    const missing = journal.since(replica => theirs.get(replica) ?? outside(replica))
    if (missing === undefined) this.offerState(from, request.id)
    else this.answer(from, request.id, missing, whenAll)
    return lacking
  }

  private answer(to: PeerId, request: number, missing: readonly number[], whenAll: () => void): void {
    this.host.readOperations(missing.slice(0, answerOperations), operations => {
      let bytes = 0
      let count = 0
      while (count < operations.length && (count === 0 || bytes < answerBytes)) bytes += operations[count++].length
      const end = count === missing.length ? AnswerEnd.all : AnswerEnd.askAgain
      const groups = grouped(operations.slice(0, count))
      if (groups.length === 0) groups.push([])
      groups.forEach((group, i) => {
        const isLast = i === groups.length - 1
        this.outbox.operations(to, { request, end: isLast ? end : AnswerEnd.follows, operations: group })
      })
      if (end === AnswerEnd.all) whenAll()
    })
  }

  /** @param fresh whether it must be the state of this instant */
  offerState(to: PeerId, request: number, fresh = false): void {
    const { stream, header, names } = this.streams.open(fresh)
    this.outbox.send(to, MessageType.stateHeader, writer =>
      writeStateOffer(writer, { request, stream, header, items: names }),
    )
  }

  fetch(from: PeerId, { stream, inflates, items }: Fetch): void {
    for (const index of items) {
      const item = this.streams.item(stream, index, inflates)
      if (item instanceof Promise) void item.then(sent => this.sendItem(from, { stream, index, ...sent }))
      else this.sendItem(from, { stream, index, ...(item ?? gone) })
      // One is enough to say it.
      if (item === undefined) return
    }
  }

  private sendItem(to: PeerId, item: StateItem): void {
    this.outbox.send(to, MessageType.stateItem, writer => writeStateItem(writer, item))
  }

  /** Drops the states that are being fetched: whoever fetches one starts over. */
  close(): void {
    this.streams.close()
  }
}
