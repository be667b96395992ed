import { CodedError } from '../errors.js'
import type { PeerId } from '../ports/index.js'
import type { Json } from '../rdf/index.js'
import { readPresence, writePresence } from '../sync/index.js'

/** Another clone that is here now. */
export interface Present {
  /** Names it for as long as it stays connected. */
  readonly peer: PeerId
  /** What its app announced; undefined when it has announced nothing. */
  readonly data: Json | undefined
}

/** The most that an app can announce, in bytes of JSON. */
const maxDataBytes = 1024
const encoder = new TextEncoder()

/** @returns undefined for what is no JSON, such as a function, a bigint, or an object that contains itself */
function textOf(data: Json): string | undefined {
  try {
    return JSON.stringify(data)
  } catch {
    return undefined
  }
}

/** Who is here: what apps say of themselves to each other while they are connected. Nothing of it is kept. */
export class Presence {
  private readonly channelCheck: number
  private readonly send: (payload: Uint8Array) => void
  private readonly byChannel = new Map<object, readonly Present[]>()
  private readonly handlers = new Set<(others: readonly Present[]) => void>()
  private present: readonly Present[] = []

  /** @param send gives a payload to every channel */
  constructor(channelCheck: number, send: (payload: Uint8Array) => void) {
    this.channelCheck = channelCheck
    this.send = send
  }

  /** The others, now. */
  get others(): readonly Present[] {
    return this.present
  }

  /**
   * Says something to the others, such as a name and a colour: any JSON, up to 1 KB. Replaces what was said before.
   * @throws CodedError `value-invalid` when it is no JSON or too long
   */
  announce(data: Json | undefined): void {
    const text = data === undefined ? '' : textOf(data)
    const bytes = encoder.encode(text ?? '')
    if (text === undefined || bytes.length > maxDataBytes)
      throw new CodedError('value-invalid', `Presence must be JSON of at most ${maxDataBytes} bytes`, {
        path: '$',
        expected: `JSON of at most ${maxDataBytes} bytes`,
      })
    this.send(writePresence(bytes, this.channelCheck))
  }

  /** Calls `handler` now, and whenever somebody comes, goes, or says something else. @returns stops it */
  follow(handler: (others: readonly Present[]) => void): () => void {
    this.handlers.add(handler)
    handler(this.present)
    return () => this.handlers.delete(handler)
  }

  /** A channel says who is there. @param channel whatever names it */
  set(channel: object, peers: ReadonlyMap<PeerId, Uint8Array>): void {
    const there = Array.from(peers, ([peer, payload]) => ({ peer, data: readPresence(payload, this.channelCheck) }))
    this.byChannel.set(channel, there)
    this.present = [...this.byChannel.values()].flat()
    for (const handler of [...this.handlers]) {
      try {
        handler(this.present)
      } catch (error) {
        console.error('A handler of presence threw', error)
      }
    }
  }
}
