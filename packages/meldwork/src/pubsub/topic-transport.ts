import type { Channel, ChannelListener, Transport } from '../ports/index.js'
import type { Broker } from './broker.js'
import type { Given, TopicTransportOptions } from './options.js'
import { Session } from './session.js'
import type { TopicTransportStatistics } from './statistics.js'

/**
 * A transport over a {@link Broker} of topics. An adapter extends it, or is what it is made with.
 *
 * A channel `C` has the topics `channels/C/all`, and `channels/C/to/P` for each member `P`. Where the broker retains, `channels/C/here/P` holds who is there, and
 * `gone/N` tells that the connection `N` has ended without a word; elsewhere members tell newcomers that they are there, and say now and then that they live.
 *
 * Connects when the first channel is joined, and by itself again when the connection is lost: after random, growing waits; at once when a browser says that it is
 * online again. On each connection a member has a new peer id. It keeps no messages: what is published while it is not online, or faster than the network
 * takes it, is dropped. Whoever may use the topics of a channel can say anything there, in anybody's name: the broker's access control decides who that is.
 */
export class TopicTransport<Credentials = unknown> implements Transport {
  // Not only `private`: what inspects this object for a log must not find the credentials.
  readonly #session: Session<Credentials>

  /** @throws `option-invalid` */
  constructor(broker: Broker<Credentials>, options: TopicTransportOptions<Credentials> = {}) {
    this.#session = new Session(broker, options)
  }

  /** As the broker allows: it may be less from the first connection on. */
  get maxMessageBytes(): number {
    return this.#session.maxMessageBytes
  }

  /** Whether its broker {@link Broker.keeps | keeps} messages for those who come later. */
  get keeps(): boolean {
    return this.#session.broker.keeps ?? false
  }

  /** A fresh copy at each call. */
  statistics(): TopicTransportStatistics {
    return { ...this.#session.counts }
  }

  /**
   * @throws `transport-closed`
   * @throws `option-invalid` for a name that a channel cannot have
   */
  join(channel: string, listener: ChannelListener): Channel {
    return this.#session.join(channel, listener)
  }

  /** Gives new credentials, and tries again at once: after a refusal, or because the old ones end. */
  authenticate(credentials: Given<Credentials> | undefined): void {
    this.#session.authenticate(credentials)
  }

  /** Resolves when the connection is closed; what was published before still leaves, if that does not take long. */
  close(): Promise<void> {
    return this.#session.close()
  }
}
