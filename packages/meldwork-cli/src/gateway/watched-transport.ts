import type { Channel, ChannelListener, ConnectionState, Transport } from 'meldwork/ports'

/** How a transport is doing. */
export interface TransportHealth {
  /** `online` when all channels are. */
  readonly state: ConnectionState
  /** Why not, for people. */
  readonly reason: string | null
}

/** A transport of which one wants to know how it is doing. */
export class WatchedTransport implements Transport {
  private readonly transport: Transport
  private readonly channels = new Map<object, TransportHealth>()

  constructor(transport: Transport) {
    this.transport = transport
  }

  get maxMessageBytes(): number {
    return this.transport.maxMessageBytes
  }

  get keeps(): boolean | undefined {
    return this.transport.keeps
  }

  /** The worst of its channels. */
  get health(): TransportHealth {
    const all = [...this.channels.values()]
    for (const state of ['refused', 'offline', 'connecting'] as const) {
      const found = all.find(each => each.state === state)
      if (found !== undefined) return found
    }
    return { state: all.length > 0 ? 'online' : 'connecting', reason: null }
  }

  join(name: string, listener: ChannelListener): Channel {
    const key = {}
    this.channels.set(key, { state: 'connecting', reason: null })
    const channel = this.transport.join(name, {
      message: (from, bytes) => listener.message(from, bytes),
      peers: present => listener.peers(present),
      state: (state, reason) => {
        this.channels.set(key, { state, reason: reason ?? null })
        listener.state(state, reason)
      },
    })
    return {
      publish: (bytes, lasting) => channel.publish(bytes, lasting),
      send: (to, bytes) => channel.send(to, bytes),
      announce: payload => channel.announce(payload),
      close: () => {
        this.channels.delete(key)
        channel.close()
      },
    }
  }

  close(): Promise<void> {
    return this.transport.close()
  }
}
