import { expect, onTestFinished, vi } from 'vitest'
import type { ChannelListener } from '../../src/ports/index.js'
import { NatsTransport, type NatsTransportOptions } from '../../src/transports/nats-node.js'

export const quick: NatsTransportOptions = { firstBackoffMs: 20, maxBackoffMs: 100, beatMs: 200, lingerMs: 20 }

/** What a member of a channel was told. */
export class Seen implements ChannelListener {
  readonly messages: Uint8Array[] = []
  readonly states: string[] = []
  peers: ChannelListener['peers']
  present = 0

  constructor() {
    this.peers = present => {
      this.present = present.size
    }
  }

  message(_: string, bytes: Uint8Array): void {
    this.messages.push(bytes)
  }

  state(state: string, reason?: string): void {
    this.states.push(reason === undefined ? state : `${state}: ${reason}`)
  }

  get last(): string {
    return this.states.at(-1) ?? ''
  }
}

/** A transport for the time of a test. */
export function transportTo(url: string | readonly string[], options: NatsTransportOptions = {}): NatsTransport {
  const transport = new NatsTransport(url, { ...quick, ...options })
  onTestFinished(() => transport.close())
  return transport
}

/** A member of the channel `a`. */
export function memberAt(url: string | readonly string[], options: NatsTransportOptions = {}) {
  const transport = transportTo(url, options)
  const seen = new Seen()
  return { transport, seen, channel: transport.join('a', seen) }
}

export const becomes = (condition: () => boolean, what: string, timeout = 15_000) =>
  vi.waitFor(() => expect(condition(), what).toBe(true), { timeout, interval: 5 })
