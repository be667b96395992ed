import { expect, vi } from 'vitest'
import type { Channel, PeerId, Transport } from '../../src/ports/index.js'

/** A member of a channel that writes down what it is told. */
export class Listening {
  readonly states: string[] = []
  readonly messages: Uint8Array[] = []
  present: ReadonlyMap<PeerId, Uint8Array> = new Map()
  readonly channel: Channel

  constructor(transport: Transport, channel = 'a') {
    this.channel = transport.join(channel, {
      message: (_, bytes) => this.messages.push(bytes),
      peers: present => {
        this.present = present
      },
      state: (state, reason) => this.states.push(reason === undefined ? state : `${state}: ${reason}`),
    })
  }

  /** Waits until the last state begins so. */
  async is(state: string): Promise<void> {
    await until(() => expect(this.states.at(-1)).toMatch(new RegExp(`^${state}`)))
  }

  async sees(count: number): Promise<void> {
    await until(() => expect(this.present.size).toBe(count))
  }

  async hears(bytes: Uint8Array): Promise<void> {
    await until(() => expect(this.messages.some(message => Buffer.compare(message, bytes) === 0)).toBe(true))
  }
}

export const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 10 })
