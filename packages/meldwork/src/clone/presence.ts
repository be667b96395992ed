import { CodedError } from '../errors.js'
import type { PeerId } from '../ports/index.js'
import type { Json } from '../rdf/index.js'

/** Another clone that is here now. */
export interface Present {
  /** Names it for as long as it stays connected: where it is reached by several transports, at the first of them. */
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
  private readonly send: (data: Uint8Array) => void
  private readonly handlers = new Set<(others: readonly Present[]) => void>()
  private present: readonly Present[] = []

  /** @param send says it on every channel: JSON in UTF-8, empty for nothing */
  constructor(send: (data: Uint8Array) => void) {
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
    this.send(bytes)
  }

  /** Calls `handler` now, and whenever somebody comes, goes, or says something else. @returns stops it */
  follow(handler: (others: readonly Present[]) => void): () => void {
    this.handlers.add(handler)
    handler(this.present)
    return () => this.handlers.delete(handler)
  }

  /** Who is there now. */
  set(others: readonly Present[]): void {
    this.present = others
    for (const handler of [...this.handlers]) {
      try {
        handler(this.present)
      } catch (error) {
        console.error('A handler of presence threw', error)
      }
    }
  }
}
