import type { Channel, ChannelListener, Transport } from '../ports/index.js'
import type { Token, WebSocketTransportOptions } from './websocket-options.js'
import { Session } from './websocket-session.js'
import type { WebSocketTransportStatistics } from './websocket-statistics.js'

export { checkedUrl, type Token, type WebSocketTransportOptions } from './websocket-options.js'
export type { WebSocketLike } from './websocket-socket.js'
export type { WebSocketTransportStatistics } from './websocket-statistics.js'

/**
 * A transport over one WebSocket to a relay (`transports/relay`, or `meldwork serve`).
 *
 * Connects when the first channel is joined, and by itself again when the connection is lost: after random, growing waits; at
 * once when a browser says that it is online again. It notices a connection that has died silently. After each connection,
 * channels are joined and presence is announced again, and each member has a new peer id. While it is not online, nobody is
 * present.
 *
 * It keeps no messages: what is published while it is not online, or faster than the network takes it, is dropped, and so is a
 * message longer than {@link maxMessageBytes}. While it connects, or waits to try again, its timers keep a Node process alive;
 * those that look after a connection do not.
 */
export class WebSocketTransport implements Transport {
  // Not only `private`: what inspects this object for a log must not find the token.
  readonly #session: Session

  /**
   * @param url of the relay: `ws://` or `wss://`; `http` and `https` are taken for these
   * @throws `option-invalid`
   */
  constructor(url: string, options: WebSocketTransportOptions = {}) {
    this.#session = new Session(url, options)
  }

  /** As the relay allows: it may be less from the first connection on. */
  get maxMessageBytes(): number {
    return this.#session.maxMessageBytes
  }

  /** A fresh copy at each call. */
  statistics(): WebSocketTransportStatistics {
    return { ...this.#session.counts }
  }

  /**
   * @throws `transport-closed`
   * @throws `option-invalid` for a name that a channel cannot have
   */
  join(channel: string, listener: ChannelListener): Channel {
    return this.#session.join(channel, listener)
  }

  /** Gives new credentials, and tries again at once: after a refusal, or because the old ones end. @throws `option-invalid` */
  authenticate(token: Token | undefined): void {
    this.#session.authenticate(token)
  }

  /** Resolves when the connection is closed; what was published before is still sent, if the relay takes it within 2 seconds. */
  close(): Promise<void> {
    return this.#session.close()
  }
}
