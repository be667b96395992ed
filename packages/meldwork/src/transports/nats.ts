import { platformEnvironment } from '../ports/index.js'
import { TopicTransport } from '../pubsub/index.js'
import { NatsBroker, type NatsConnect } from './nats-broker.js'
import type { NatsLogStatistics } from './nats-log.js'
import type { NatsCredentials } from './nats-options.js'
import { checkedServers, type NatsTransportOptions, natsSettings } from './nats-options.js'
import { connectBySocket, platformSocket } from './nats-socket.js'

export type { NatsLogStatistics } from './nats-log.js'
export type { NatsCredentials, NatsLogLimits, NatsLogOptions, NatsTransportOptions } from './nats-options.js'
export type { WebSocketLike } from './nats-socket.js'

/**
 * A transport over NATS: in browsers by WebSockets (`ws://`, `wss://`), in Node over TCP, too (`nats://`, `tls://`). The packages `@nats-io/nats-core`, for TCP
 * `@nats-io/transport-node`, and for a log `@nats-io/jetstream` are optional peers, loaded at the first connection; where one is missing, the channels are told
 * `refused`, with the message of a `package-missing` error as the reason.
 *
 * **Subjects.** A channel `C`, which stands for a domain, has `PREFIX.channels.C.all` (who is there), `PREFIX.channels.C.log` (operations) and
 * `PREFIX.channels.C.to.P` for each member `P`. Whoever may publish and subscribe to `PREFIX.channels.C.>` can read and write all of that domain, in anybody's name;
 * nobody else can: so it is that which permissions of a NATS account are about. One who may only subscribe cannot take part: the channel is `refused`. With a log
 * a client also subscribes to `_INBOX.>`, and publishes to `$JS.API.STREAM.INFO.S` of its stream `S`, to `$JS.API.STREAM.CREATE.S` if it is to make it, to
 * `$JS.API.CONSUMER.CREATE.S.*.PREFIX.channels.C.log`, and to `$JS.API.CONSUMER.INFO.S.*`, `.DELETE.S.*` and `.MSG.NEXT.S.*`.
 *
 * **Who is refused.** `Authorization Violation` refuses the transport, until {@link TopicTransport.authenticate}. When a server ends a connection because its user's
 * time is over, the app is asked for new credentials. A subject that may not be used refuses its channel. All else is tried again, with waits.
 *
 * **Limits.** A server takes messages up to its `max_payload` (1 MiB unless it is told otherwise), which `maxMessageBytes` follows; longer ones are cut above it. A
 * server that a client does not read from fast enough ends the connection; what was missed is caught up with. NATS tells nobody who has died: a member that is silent
 * for five times `beatMs` is no longer shown.
 *
 * **A log** (option `log`) keeps operations in a JetStream stream, so that a clone that comes when nobody else is there is given what others wrote before: in
 * order, beside live ones, and again only from where it was after a reconnection. Each is given to the log until that acknowledges it, named by a digest of its
 * bytes, so that what comes twice within its window is kept once. What was written while offline goes there on connecting (up to 20,000 operations of 4 MiB;
 * beyond that only when clones meet). What it is not: it confirms nothing, so `status.unsent` stays until another clone has come, and a new clone that has read a log
 * alone is still `outdated`, since nobody can say that this was all. A stream that forgets its oldest messages is a log with a hole at the beginning: who needs
 * these gets them from clones only. Each opening reads it from its beginning. Where a domain is large, or must be there for certain, keep a clone: `meldwork serve --nats`.
 */
export class NatsTransport extends TopicTransport<NatsCredentials> {
  readonly #broker: NatsBroker

  /**
   * @param servers addresses, one after the other tried until one takes the connection: in an array, or with commas between them. Without credentials
   * @throws `option-invalid`
   */
  constructor(
    servers: string | readonly string[],
    options: NatsTransportOptions = {},
    parts: NatsParts = browserParts,
  ) {
    const settings = natsSettings(checkedServers(servers, parts.protocols), options)
    const { prefix: _prefix, log: _log, tls: _tls, pingIntervalMs: _ping, socket: _socket, ...topics } = options
    const broker = new NatsBroker(settings, {
      connect: parts.connect(options, settings.servers),
      environment: options.environment ?? platformEnvironment,
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      unkeptBytes: options.sendBufferBytes ?? 8 * 1024 * 1024,
    })
    super(broker, topics)
    this.#broker = broker
  }

  /** What has become of messages and the log; undefined without one. A fresh copy at each call. */
  logStatistics(): NatsLogStatistics | undefined {
    const { log } = this.#broker
    return log && { ...log.counts }
  }
}

/** What differs between platforms. */
export interface NatsParts {
  /** Of the addresses that are possible. */
  readonly protocols: readonly string[]
  connect(options: NatsTransportOptions, servers: readonly string[]): NatsConnect
}

const browserParts: NatsParts = {
  protocols: ['wss:', 'ws:'],
  connect:
    ({ socket = platformSocket }) =>
    (options, holding) =>
      connectBySocket(options, socket, holding),
}
