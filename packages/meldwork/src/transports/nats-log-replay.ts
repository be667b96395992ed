import type { Consumer, JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import { hexadecimal } from '../codec/index.js'
import type { Environment } from '../ports/index.js'

/** What a replay is made of. */
export interface ReplayParts {
  readonly streams: JetStreamManager
  readonly messages: JetStreamClient
  readonly stream: string
  readonly environment: Environment
  /** By subject, the last sequence number that has come: begun after, and kept up to date. */
  readonly positions: Map<string, number>
  deliver(subject: string, bytes: Uint8Array): void
}

/** So many channels at a time are read, and of each so much, about, is asked for together. */
const atATime = 4
const portionBytes = 1024 * 1024
const leastPortion = 16
const mostPortion = 512
const [leastWaitMs, mostWaitMs] = [1_000, 30_000]
/** For how long the server keeps what it knows of a reader that says nothing. */
const inactiveMs = 60_000

/** Reads what a log holds, of one connection: channel by channel, in order, as fast as it is taken, and no more than some portions of it at a time. */
export class NatsLogReplay {
  private readonly parts: ReplayParts
  /** Those that want to be read, and those that have been, up to where live messages go on. */
  private readonly wanted = new Set<string>()
  private readonly done = new Set<string>()
  /** Each reading that is wanted now, or goes on: one that was ended and begun again is another. */
  private readonly current = new Map<string, object>()
  private readonly readers = new Set<Consumer>()
  private running = 0
  private closed = false

  constructor(parts: ReplayParts) {
    this.parts = parts
  }

  begin(subject: string): void {
    this.done.delete(subject)
    this.wanted.add(subject)
    this.current.set(subject, {})
    this.run()
  }

  end(subject: string): void {
    this.wanted.delete(subject)
    this.done.delete(subject)
    this.current.delete(subject)
  }

  /** All that the log had up to there has come, where nothing of the past is missing. */
  advance(sequence: number): void {
    const { positions } = this.parts
    for (const subject of this.done) if ((positions.get(subject) ?? 0) < sequence) positions.set(subject, sequence)
  }

  /** Reads no more; the server is told, if it still hears. */
  async close(): Promise<void> {
    this.closed = true
    await Promise.all([...this.readers].map(reader => reader.delete().catch(() => {})))
  }

  private run(): void {
    for (const subject of this.wanted) {
      if (this.running >= atATime || this.closed) return
      this.wanted.delete(subject)
      this.running++
      void this.read(subject, this.current.get(subject), leastWaitMs).finally(() => {
        this.running--
        this.run()
      })
    }
  }

  private async read(subject: string, reading: object | undefined, waitMs: number): Promise<void> {
    const { environment } = this.parts
    const goesOn = () => !this.closed && this.current.get(subject) === reading
    // Whoever is to hear it has come in by then.
    await new Promise<void>(resolve => environment.schedule(resolve, 0, true))
    try {
      await this.readAll(subject, goesOn)
    } catch {
      // The log does not answer, or is gone: live messages come all the same, and it is tried again.
      const again = () => {
        if (goesOn()) void this.read(subject, reading, Math.min(2 * waitMs, mostWaitMs))
      }
      if (goesOn()) environment.schedule(again, waitMs, true)
    }
  }

  private async readAll(subject: string, goesOn: () => boolean): Promise<void> {
    const { streams, messages, stream, environment, positions, deliver } = this.parts
    const { state } = await streams.streams.info(stream)
    const after = positions.get(subject) ?? 0
    if (!goesOn()) return
    if (after >= state.last_seq) return this.finish(subject, state.last_seq)
    const made = await streams.consumers.add(stream, {
      // With a name, what it reads stands in the subject of the request, so that permissions can tell channels apart.
      name: `meldwork-${hexadecimal(environment.random(8))}`,
      ack_policy: 'none',
      deliver_policy: 'by_start_sequence',
      opt_start_seq: after + 1,
      filter_subject: subject,
      inactive_threshold: inactiveMs * 1_000_000,
      mem_storage: true,
      num_replicas: 1,
    })
    const reader = await messages.consumers.get(stream, made.name)
    this.readers.add(reader)
    try {
      let pending = made.num_pending
      let portion = leastPortion
      while (pending > 0 && goesOn()) {
        const some = await reader.fetch({ max_messages: Math.min(portion, pending), expires: 5_000 })
        const before = pending
        let [count, bytes] = [0, 0]
        for await (const message of some) {
          count++
          bytes += message.data.length
          pending = message.info.pending
          if (!goesOn()) return
          deliver(subject, message.data)
          positions.set(subject, message.seq)
        }
        if (count === 0) throw new Error(`the log gives none of ${before} messages`)
        portion = Math.min(mostPortion, Math.max(leastPortion, Math.floor(portionBytes / (bytes / count + 1))))
      }
      if (goesOn()) this.finish(subject, state.last_seq)
    } finally {
      this.readers.delete(reader)
      if (!this.closed) await reader.delete().catch(() => {})
    }
  }

  /** What was published meanwhile has come live. */
  private finish(subject: string, sequence: number): void {
    const { positions } = this.parts
    if ((positions.get(subject) ?? 0) < sequence) positions.set(subject, sequence)
    this.done.add(subject)
  }
}
