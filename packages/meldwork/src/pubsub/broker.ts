/**
 * Where messages go, from the general to the particular: parts of 1 to 64 characters of `A-Z a-z 0-9 - _`. An adapter writes it as its broker does
 * (`a/b`, `a.b`), behind a prefix of its own.
 */
export type Topic = readonly string[]

/** The last part of a topic that is subscribed to, for any one part: only where {@link Broker.retains}. */
export const anyPart = '+'

/** What an adapter tells. Called from turns of its own, never inside a call of the connection's. */
export interface BrokerListener {
  /**
   * A message on one of the topics subscribed to; its own may be among them. The bytes are not used again.
   * @param retained whether it was published before, and kept
   */
  message(topic: Topic, bytes: Uint8Array, retained?: boolean): void
  /** What was published there, or will be, is refused, and will be as long as this connection lasts: whoever is on that channel is told. The reason is for people. */
  forbidden(topic: Topic, reason: string): void
  /** The connection is over, and of no more use. @param refused whether it is of no use to try again with the same credentials */
  lost(reason: string, refused?: boolean): void
  /** A message that was published has not been taken: counted. */
  dropped(): void
}

/** What a broker does of itself when a connection ends without a word: it publishes this. */
export interface Farewell {
  readonly topic: Topic
  readonly bytes: Uint8Array
}

/** Something asked of a broker that it will go on refusing. The message is for people. */
export class BrokerRefusal extends Error {}

/** An open connection to a broker. */
export interface BrokerConnection {
  /** The longest message that the broker takes, in bytes; undefined when it does not say. */
  readonly maxMessageBytes?: number | undefined
  /** How many bytes wait to be sent. What is published beyond {@link TopicTransportOptions.sendBufferBytes} is dropped before it comes here. */
  readonly bufferedBytes: number
  /**
   * Resolves when messages come.
   * @param resumes whether all who want them here had them on this transport's connection before, up to its end: for a broker that {@link Broker.keeps | keeps}
   * @throws BrokerRefusal when this topic is forbidden
   */
  subscribe(topic: Topic, resumes: boolean): Promise<void>
  /** From now on nothing comes of this topic, also not what is under way, until it is subscribed to again: which may be at once. */
  unsubscribe(topic: Topic): void
  /**
   * Sends, when it can: never throws, never waits.
   * @param retain whether whoever subscribes later gets it, too, instead of the one before; empty bytes end that. Only where {@link Broker.retains}
   * @param lasting whether it is of use to whoever comes later, in its order: a broker that {@link Broker.keeps | keeps} keeps it. Only on `channels/C/all`
   */
  publish(topic: Topic, bytes: Uint8Array, retain: boolean, lasting: boolean): void
  /** Ends it in order; what was published before still leaves, if that does not take long. Idempotent. */
  close(): Promise<void>
}

/** What an adapter needs to connect. */
export interface BrokerRequest<Credentials> {
  /** As the app gives them now. */
  readonly credentials: Credentials | undefined
  /** Only where {@link Broker.retains}. */
  readonly farewell: Farewell
  /** A name for this connection that no other has. 16 characters. */
  readonly connection: string
  readonly listener: BrokerListener
  /** Calls back when nobody waits for it any more. A connection that comes all the same is closed. */
  whenAbandoned(callback: () => void): void
}

/**
 * The port to a broker of topics, which a {@link TopicTransport} makes a transport of: MQTT, NATS, Redis and others of their kind.
 *
 * It need not try again by itself, keep messages, know who is there, or keep messages from whoever published them: all that is done above it. It may lose,
 * duplicate and reorder messages; it must not alter them.
 */
export interface Broker<Credentials = unknown> {
  /** For people: what is connected to. Without secrets. */
  readonly address: string
  /** Whether it keeps the last message of a topic for those who come later, and publishes a farewell. Otherwise those who are there tell newcomers, and say now and then that they live. */
  readonly retains: boolean
  /** Whether it keeps all that is published as lasting, and gives it as retained, in order, to whoever subscribes later. */
  readonly keeps?: boolean | undefined
  /** @throws BrokerRefusal when it refuses these credentials; anything else: it is tried again later */
  open(request: BrokerRequest<Credentials>): Promise<BrokerConnection>
}
