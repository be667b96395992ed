import { type BufferLimits, CausalBuffer, type Need, replicaName } from '../causality/index.js'
import type { OperationHeader } from '../operation/index.js'
import type { Work } from '../ports/index.js'
import type { SessionHost } from './host.js'

/** Where an operation came in: who applies it. */
export type DeliveryHost = Pick<SessionHost, 'graph' | 'receive' | 'isOwn' | 'forked' | 'now'>

/** An operation that waits, and where it came in. */
interface Held {
  readonly header: OperationHeader
  readonly host: DeliveryHost
}

const bufferLimits: BufferLimits = { count: 10_000, bytes: 16 * 1024 * 1024, ageMs: 120_000 }

/**
 * Causal delivery (Birman, Schiper, Stephenson 1991, with frontiers for vectors): an operation is applied when the vector stands exactly at the
 * end of its replica's previous operation, and covers every head that it names. Until then it is kept. A previous operation with another check
 * than the one it names shows that the replica's id has been used twice.
 */
export class Delivery {
  private readonly buffer = new CausalBuffer<Held>(bufferLimits)

  /** Operations that wait for others: how many, how many bytes, and for what. */
  get waiting(): { count: number; bytes: number; needs: Need[] } {
    return { count: this.buffer.count, bytes: this.buffer.bytes, needs: this.buffer.needs() }
  }

  get count(): number {
    return this.buffer.count
  }

  /**
   * Applies operations, one by one, when their causes are here, and then what waited for them; else keeps them for later. One that cannot be applied
   * does not keep the others from it. Meanwhile others may come by another way: each is looked at when it is its turn.
   * @throws what the first that could not be applied has thrown, after all others
   */
  taking(headers: readonly OperationHeader[], host: DeliveryHost): Work<void> {
    return this.takingAll(headers.map(header => ({ header, host })))
  }

  /** A state has come: what waited may be ready, or known. */
  takingAgain(): Work<void> {
    return this.takingAll(this.buffer.releaseAll())
  }

  private *takingAll(held: readonly Held[]): Work<void> {
    const failures: unknown[] = []
    for (const [index, { header, host }] of held.entries()) {
      if (index > 0) yield
      yield* this.takingOne(header, host, failures)
    }
    if (failures.length > 0) throw failures[0]
  }

  /** As {@link taking}, for one while nothing waits: there is nothing to do in pieces. */
  take(header: OperationHeader, host: DeliveryHost): void {
    const failures: unknown[] = []
    this.apply(header, host, failures)
    if (failures.length > 0) throw failures[0]
  }

  /** One, and what waited for it, and so on. */
  private *takingOne(header: OperationHeader, host: DeliveryHost, failures: unknown[]): Work<void> {
    if (!this.apply(header, host, failures) || this.buffer.count === 0) return
    const ready = this.releasedBy(header)
    for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
      yield
      if (this.apply(next.header, next.host, failures)) ready.push(...this.releasedBy(next.header))
    }
  }

  /** What waited for it, the first last. */
  private releasedBy({ replica, last }: OperationHeader): Held[] {
    return this.buffer.release(replicaName(replica), last).reverse()
  }

  /** @returns whether it could be applied; otherwise it is kept when it may be later */
  private apply(header: OperationHeader, host: DeliveryHost, failures: unknown[]): boolean {
    const need = this.needOf(header, host)
    if (need === 'known') return false
    if (need !== undefined) {
      const name = `${replicaName(header.replica)}@${header.last}`
      this.buffer.hold(name, { header, host }, need, header.bytes.length, host.now())
      return false
    }
    try {
      host.receive(header)
      return true
    } catch (error) {
      failures.push(error)
      return false
    }
  }

  /** Forgets what has waited too long: whoever has it will offer it again. */
  expire(nowMs: number): void {
    this.buffer.expire(nowMs)
  }

  /** What an operation waits for; undefined when it is ready; `known` when it is not news. */
  private needOf(header: OperationHeader, host: DeliveryHost): Need | 'known' | undefined {
    const { replicas } = host.graph
    const index = replicas.find(header.replica)
    const counter = index < 0 ? 0 : replicas.counters[index]
    if (header.last <= counter) {
      if (header.last === counter && header.check !== replicas.checks[index]) host.forked(index)
      return 'known'
    }
    if (header.first > counter + 1) return { replica: replicaName(header.replica), counter: header.first - 1 }
    // Two operations of one name: whoever made the other one makes it again under another id. This one is taken as far as it is new, since all that
    // follows names it as its cause. The same goes for an operation from "this clone" that it has not made.
    const isOther = header.first <= counter || (counter > 0 && header.previousCheck !== replicas.checks[index])
    if (index >= 0 && (isOther || host.isOwn(index))) host.forked(index)
    for (const head of header.heads) {
      const headIndex = replicas.find(head.replica)
      if (headIndex < 0 || replicas.counters[headIndex] < head.counter)
        return { replica: replicaName(head.replica), counter: head.counter }
    }
    return undefined
  }
}
