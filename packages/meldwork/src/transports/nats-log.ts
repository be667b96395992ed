import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream'
import type { MsgHdrs, NatsConnection } from '@nats-io/nats-core'
import { hexadecimal, sha256Of } from '../codec/index.js'
import type { Environment } from '../ports/index.js'
import { contentOf } from '../pubsub/index.js'
import { NatsLogReplay } from './nats-log-replay.js'
import type { NatsLogLimits, NatsLogOptions, NatsSettings } from './nats-options.js'
import { packageMissing } from './nats-socket.js'

/** What a log adds to a message at most: the header with its name. */
export const headerBytes = 128

/** Counts since the transport was made. */
export interface NatsLogStatistics {
  /** Messages that the log has acknowledged. */
  kept: number
  /** Of these, those that it had already. */
  duplicates: number
  /** Messages that were given to it once more, for want of an acknowledgement. */
  repeated: number
  /** Messages that it has refused, or not acknowledged in spite of all: they are not in the log. */
  unkept: number
  /** Messages of the past that came out of it. */
  replayed: number
}

/** A message that the log has not acknowledged. */
interface Unkept {
  readonly subject: string
  readonly bytes: Uint8Array
  readonly id: string
  sentMs: number
  attempts: number
}

/** What the log of one connection is made of. */
interface OpenLog {
  readonly client: NatsConnection
  readonly streams: JetStreamManager
  readonly inbox: string
  headersOf(id: string): MsgHdrs
  readonly replay: NatsLogReplay
  cancelTimer: () => void
}

/** After so long without an acknowledgement a message is given to the log again, and after so many times no more. */
const repeatMs = 10_000
const mostAttempts = 10
/** Codes of JetStream's errors. */
const [streamNotFound, streamNameInUse] = [10059, 10058]
/** Of the live messages, those that the log had so long ago have come. */
const markMs = 30_000

/** The log of a transport, which outlives its connections: what is not acknowledged yet, and how far each channel has been read. */
export class NatsLog {
  readonly counts: NatsLogStatistics = { kept: 0, duplicates: 0, repeated: 0, unkept: 0, replayed: 0 }
  private readonly options: NatsLogOptions & { readonly stream: string }
  private readonly prefix: string
  private readonly environment: Environment
  private readonly unkeptBytes: number
  private readonly unkept = new Map<string, Unkept>()
  private heldBytes = 0
  private lastNumber = 0
  /** By subject, the last sequence number of which all before have come. */
  private readonly positions = new Map<string, number>()
  private created: string | undefined
  private current: OpenLog | undefined
  private emptied: (() => void)[] = []

  constructor(
    options: NonNullable<NatsSettings['log']>,
    prefix: string,
    { environment, unkeptBytes }: { readonly environment: Environment; readonly unkeptBytes: number },
  ) {
    this.options = options
    this.prefix = prefix
    this.environment = environment
    this.unkeptBytes = unkeptBytes
  }

  /**
   * Finds the stream, or makes it, and gives it once more what it has not acknowledged.
   * @param deliver called with what the log holds, for channels whose {@link replay} was asked for
   * @throws `package-missing`; and when there is no such stream, or no JetStream
   */
  async open(client: NatsConnection, deliver: (subject: string, bytes: Uint8Array) => void): Promise<void> {
    const { jetstream, jetstreamManager } = await import('@nats-io/jetstream').catch(error => {
      throw packageMissing('@nats-io/jetstream', 'npm install @nats-io/jetstream@3', error)
    })
    const { createInbox, headers } = await import('@nats-io/nats-core')
    const streams = await jetstreamManager(client, { checkAPI: false })
    const info = await this.find(streams)
    if (info.created !== this.created) this.positions.clear()
    this.created = info.created
    const inbox = createInbox()
    client.subscribe(`${inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.acknowledged(message.subject.slice(inbox.length + 1), message.data)
      },
    })
    const headersOf = (id: string) => {
      const made = headers()
      made.set('Nats-Msg-Id', id)
      return made
    }
    const replay = new NatsLogReplay({
      streams,
      messages: jetstream(client),
      stream: this.options.stream,
      environment: this.environment,
      positions: this.positions,
      deliver: (subject, bytes) => {
        this.counts.replayed++
        deliver(subject, bytes)
      },
    })
    this.current = { client, streams, inbox, headersOf, replay, cancelTimer: () => {} }
    for (const [number, each] of this.unkept) this.give(number, each)
    this.markLater(this.current, undefined)
  }

  /** Publishes a message, and sees to it that it comes into the log. */
  publish(subject: string, bytes: Uint8Array): void {
    const number = (++this.lastNumber).toString(36)
    // The same bytes on another channel are another message. Who has sent it stands before them, and does not count.
    const id = `${subject.slice(this.prefix.length + 10, -4)}-${hexadecimal(sha256Of(contentOf(bytes))).slice(0, 32)}`
    const each: Unkept = { subject, bytes, id, sentMs: 0, attempts: 0 }
    this.unkept.set(number, each)
    this.heldBytes += bytes.length
    for (const [first, { bytes }] of this.unkept) {
      if (this.heldBytes <= this.unkeptBytes || bytes === each.bytes) break
      this.giveUp(first)
    }
    this.give(number, each)
  }

  /** Brings what the log holds of a channel. @param resumes from where it was read to before; else from the beginning */
  replay(subject: string, resumes: boolean): void {
    if (!resumes) this.positions.delete(subject)
    this.current?.replay.begin(subject)
  }

  /** Nobody is on this channel any more. */
  forget(subject: string): void {
    this.positions.delete(subject)
    this.current?.replay.end(subject)
  }

  /** Resolves when everything that was published is in the log. */
  kept(): Promise<void> {
    return this.unkept.size === 0 ? Promise.resolve() : new Promise(resolve => this.emptied.push(resolve))
  }

  /** The connection is over. */
  async close(): Promise<void> {
    const { current } = this
    this.current = undefined
    if (current === undefined) return
    current.cancelTimer()
    await current.replay.close()
  }

  private async find(streams: JetStreamManager): Promise<StreamInfo> {
    const { stream, create = {} } = this.options
    const subject = `${this.prefix}.channels.*.log`
    let info: StreamInfo
    try {
      info = await streams.streams.info(stream)
    } catch (error) {
      if (codeOf(error) !== streamNotFound) throw logError(error, stream)
      if (create === false) throw new Error(`there is no stream ${stream} for the log, and it is not to be made`)
      info = await streams.streams.add(streamOf(stream, subject, create)).catch(async cause => {
        // Somebody else was faster, with other limits.
        if (codeOf(cause) !== streamNameInUse) throw logError(cause, stream)
        return streams.streams.info(stream)
      })
    }
    if (!info.config.subjects?.some(each => takes(each, subject)))
      throw new Error(`the stream ${stream} does not take the subjects ${subject}`)
    return info
  }

  private give(number: string, each: Unkept): void {
    const { current } = this
    if (current === undefined) return
    each.sentMs = this.environment.now()
    if (each.attempts++ > 0) this.counts.repeated++
    const reply = `${current.inbox}.${number}`
    try {
      current.client.publish(each.subject, each.bytes, { reply, headers: current.headersOf(each.id) })
    } catch {
      // It is closed, or about to be: the next connection brings it.
    }
  }

  private acknowledged(number: string, data: Uint8Array): void {
    const answer = readAcknowledgement(data)
    if (answer === undefined || !this.unkept.has(number)) return
    if (answer.error === undefined) {
      this.counts.kept++
      if (answer.duplicate) this.counts.duplicates++
      this.release(number)
    } else this.giveUp(number)
  }

  private giveUp(number: string): void {
    this.counts.unkept++
    this.release(number)
  }

  private release(number: string): void {
    this.heldBytes -= this.unkept.get(number)!.bytes.length
    this.unkept.delete(number)
    if (this.unkept.size === 0) for (const resolve of this.emptied.splice(0)) resolve()
  }

  /** Now and then: what is not acknowledged is given again; and how far the log has come is noted. */
  private markLater(current: OpenLog, last: Mark | undefined): void {
    current.cancelTimer = this.environment.schedule(
      () => {
        if (this.current !== current) return
        const now = this.environment.now()
        for (const [number, each] of this.unkept) {
          if (now - each.sentMs < repeatMs) continue
          if (each.attempts >= mostAttempts) this.giveUp(number)
          else this.give(number, each)
        }
        void this.mark(current, last, now).then(mark => {
          if (this.current === current) this.markLater(current, mark)
        })
      },
      repeatMs,
      true,
    )
  }

  /** What the log had half a minute ago has come on a connection that has lasted since then, as it was published or as it was replayed. */
  private async mark(current: OpenLog, last: Mark | undefined, nowMs: number): Promise<Mark | undefined> {
    if (last !== undefined && nowMs - last.atMs < markMs) return last
    if (last !== undefined) current.replay.advance(last.sequence)
    try {
      const { state } = await current.streams.streams.info(this.options.stream)
      return { sequence: state.last_seq, atMs: nowMs }
    } catch {
      return undefined
    }
  }
}

interface Mark {
  readonly sequence: number
  readonly atMs: number
}

const nanosecondsOf = (ms: number | undefined) => (ms === undefined ? undefined : ms * 1_000_000)

/** What is left out is the server's to decide. */
function streamOf(name: string, subject: string, limits: NatsLogLimits) {
  const { maxBytes, maxAgeMs, maxMessagesPerDomain, replicas, duplicateWindowMs } = limits
  const given = {
    max_bytes: maxBytes,
    max_age: nanosecondsOf(maxAgeMs),
    max_msgs_per_subject: maxMessagesPerDomain,
    num_replicas: replicas,
    duplicate_window: nanosecondsOf(duplicateWindowMs),
  }
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  return { name, subjects: [subject], ...set }
}

/** Whether a stream's subject takes all that are meant by another. */
function takes(pattern: string, subject: string): boolean {
  const [wanted, given] = [subject.split('.'), pattern.split('.')]
  if (given.at(-1) === '>') wanted.length = Math.min(wanted.length, given.length)
  return (
    wanted.length === given.length && given.every((part, at) => part === '*' || part === '>' || part === wanted[at])
  )
}

const codeOf = (error: unknown) => (error as { code?: unknown } | undefined)?.code

/** For people. */
function logError(cause: unknown, stream: string): Error {
  const reason = (cause as Error | undefined)?.message ?? 'no answer'
  return new Error(`the log, the stream ${stream}, cannot be used: ${reason}`, { cause })
}

/** @returns undefined for what is no acknowledgement */
function readAcknowledgement(data: Uint8Array): { error?: unknown; duplicate?: unknown } | undefined {
  try {
    const value = JSON.parse(new TextDecoder().decode(data))
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
