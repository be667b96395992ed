import type { ReplicaIndex } from '../causality/index.js'
import type { PeerId } from '../ports/index.js'
import { MessageType } from './envelope.js'
import type { SessionHost } from './host.js'
import { AnswerEnd, type Fetch, type Request, type StateItem, writeStateItem, writeStateOffer } from './messages.js'
import { grouped, type Outbox } from './outbox.js'
import { StateStreams } from './state-streams.js'

/** How many bytes of operations are sent as one answer; the rest is asked for anew. */
const answerBytes = 1024 * 1024
/** How many operations are read for one answer at the most. */
const answerOperations = 4096

const gone = new Uint8Array(0)

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

  /**
   * @param whenAll called when the last of an answer, or an empty one, has been sent
   * @returns whether the asker has something that is not here
   */
  request(from: PeerId, request: Request, whenAll: () => void): boolean {
    const { journal, graph } = this.host
    const theirs = new Map<ReplicaIndex, number>()
    let lacking = false
    for (const { replica, counter, check } of request.vector) {
      const index = graph.replicas.find(replica)
      const mine = index < 0 ? 0 : graph.replicas.counters[index]
      if (counter > mine) lacking = true
      const known = counter === mine ? graph.replicas.checks[index] : journal.checkAt(index, counter)
      if (index >= 0 && known !== undefined && check !== known) {
        this.host.forked(index)
        // Both sides take the same one of the two, so that their vectors can be equal again.
        if (counter === mine) graph.replicas.set(index, counter, Math.max(check, known))
      }
      if (index >= 0) theirs.set(index, counter)
    }
    const missing = journal.since(replica => theirs.get(replica) ?? 0)
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
    const { stream, items } = this.streams.open(fresh)
    this.outbox.send(to, MessageType.stateHeader, writer =>
      writeStateOffer(writer, { request, stream, header: items[0] }),
    )
  }

  fetch(from: PeerId, { stream, from: first, count }: Fetch): void {
    const items = this.streams.items(stream)
    if (items === undefined) {
      this.sendItem(from, { stream, index: first, item: gone })
      return
    }
    const end = Math.min(first + count, items.length)
    for (let index = first; index < end; index++) this.sendItem(from, { stream, index, item: items[index] })
  }

  private sendItem(to: PeerId, item: StateItem): void {
    this.outbox.send(to, MessageType.stateItem, writer => writeStateItem(writer, item))
  }

  /** Drops the states that are being fetched: whoever fetches one starts over. */
  close(): void {
    this.streams.close()
  }
}
