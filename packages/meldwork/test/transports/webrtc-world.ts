import type { Channel, ChannelListener, PeerId, Transport } from '../../src/ports/index.js'
import { MemoryNetwork, MemoryTransport } from '../../src/transports/memory.js'
import { WebRtcTransport, type WebRtcTransportOptions } from '../../src/transports/webrtc.js'
import { isSignal } from '../../src/transports/webrtc-signal.js'
import { FakeEnvironment, settled } from './fake-environment.js'
import { FakeIce } from './fake-peer-connection.js'

/** A transport in memory that counts what it is given. */
export class CountingTransport implements Transport {
  published = 0
  sent = 0
  signals = 0
  readonly memory: MemoryTransport

  constructor(network: MemoryNetwork) {
    this.memory = new MemoryTransport(network)
  }

  get maxMessageBytes(): number {
    return this.memory.maxMessageBytes
  }

  join(name: string, listener: ChannelListener): Channel {
    const channel = this.memory.join(name, listener)
    return {
      publish: bytes => {
        this.published++
        channel.publish(bytes)
      },
      send: (to, bytes) => {
        if (isSignal(bytes)) this.signals++
        else this.sent++
        channel.send(to, bytes)
      },
      announce: payload => channel.announce(payload),
      close: () => channel.close(),
    }
  }

  close(): Promise<void> {
    return this.memory.close()
  }
}

/** A member that writes down what it is told. */
export class Watcher {
  readonly messages: { from: PeerId; bytes: Uint8Array }[] = []
  readonly states: string[] = []
  present: ReadonlyMap<PeerId, Uint8Array> = new Map()
  readonly channel: Channel

  constructor(transport: Transport, name: string, payload?: string) {
    this.channel = transport.join(name, {
      message: (from, bytes) => this.messages.push({ from, bytes }),
      peers: present => {
        this.present = present
      },
      state: (state, reason) => this.states.push(reason === undefined ? state : `${state}: ${reason}`),
    })
    if (payload !== undefined) this.channel.announce(text(payload))
  }

  get heard(): string[] {
    return this.messages.map(({ bytes }) => decoder.decode(bytes))
  }

  get others(): string[] {
    return Array.from(this.present.values(), payload => decoder.decode(payload)).sort()
  }

  /** What it calls the member that has announced this. */
  idOf(payload: string): PeerId {
    for (const [peer, bytes] of this.present) if (decoder.decode(bytes) === payload) return peer
    throw new Error(`nobody has announced ${payload}`)
  }

  say(message: string): void {
    this.channel.publish(text(message))
  }
}

/** Transports that reach each other in a world without clocks, networks and chance. */
export class FakeWorld {
  readonly ice = new FakeIce()
  readonly environment = new FakeEnvironment()
  readonly network = new MemoryNetwork()
  readonly overs: CountingTransport[] = []

  transport(options: WebRtcTransportOptions = {}): WebRtcTransport {
    const over = new CountingTransport(this.network)
    this.overs.push(over)
    return new WebRtcTransport(over, { peerConnection: this.ice.make, environment: this.environment, ...options })
  }

  plain(): MemoryTransport {
    return new MemoryTransport(this.network)
  }

  /** As many transports with a member each on one channel, called a, b, c ..., who have connected. */
  async together(count: number, options: WebRtcTransportOptions = {}, channel = 'channel') {
    const transports = Array.from({ length: count }, () => this.transport(options))
    const members = transports.map((transport, index) => new Watcher(transport, channel, 'abcdefghij'[index]))
    await settled()
    return { transports, members }
  }

  /** What was given to the transport below, other than signals. */
  get carried(): number {
    return this.overs.reduce((sum, { published, sent }) => sum + published + sent, 0)
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
export const text = (value: string) => encoder.encode(value)
