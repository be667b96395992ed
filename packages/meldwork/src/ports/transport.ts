import { CodedError } from '../errors.js'

/** A transport's own name for a connected clone: opaque, and new with each connection. 1 to 64 ASCII characters. */
export type PeerId = string

/**
 * `connecting`: trying; `online`: messages go out and come in; `offline`: not now, and the transport will try again by
 * itself; `refused`: the other side said no and will go on saying so (wrong token, domain not served): it does not try again
 * until the app gives new credentials.
 */
export type ConnectionState = 'connecting' | 'online' | 'offline' | 'refused'

/** What a clone is told by a channel. Called from the transport's own turns, never inside a call of the clone's. */
export interface ChannelListener {
  /** Bytes from another member, exactly as it gave them. The clone may keep them; the transport must not reuse them. */
  message(from: PeerId, bytes: Uint8Array): void
  /**
   * Who else is on the channel now, each with the payload it announced last. Given whole, at each change; empty while not
   * online, and given once more when online again.
   */
  peers(present: ReadonlyMap<PeerId, Uint8Array>): void
  /** `reason` is for people: why offline, why refused. */
  state(state: ConnectionState, reason?: string): void
}

/** One clone's membership of one channel. */
export interface Channel {
  /**
   * Sends to every other member of the channel that is connected now. Never throws, never waits: see {@link Transport}.
   * @param lasting whether it is of use to whoever comes later, too: where the transport {@link Transport.keeps | keeps}, it is kept for them
   */
  publish(bytes: Uint8Array, lasting?: boolean): void
  /** Sends to one member. Silently lost when it has gone. */
  send(to: PeerId, bytes: Uint8Array): void
  /**
   * Replaces this member's presence payload. Kept over reconnections.
   * @throws CodedError `message-too-large` beyond {@link maxPresenceBytes}
   */
  announce(payload: Uint8Array): void
  /** Leaves: the others no longer see this member. Idempotent. */
  close(): void
}

/** Tells a listener something, for implementations of {@link Transport}: one that throws is reported, and costs nobody else anything. */
export function tellListener(channel: string, listener: ChannelListener, what: (listener: ChannelListener) => void) {
  try {
    what(listener)
  } catch (error) {
    console.error(`A listener of the channel ${channel} failed`, error)
  }
}

/** The greatest presence payload, in bytes: 1 KB of the app's and the engine's envelope around it. */
export const maxPresenceBytes = 1280

/** For implementations of {@link Channel.announce}. @throws CodedError `message-too-large` for more than {@link maxPresenceBytes} */
export function checkPresence({ length }: Uint8Array): void {
  if (length <= maxPresenceBytes) return
  const facts = { bytes: length, maxBytes: maxPresenceBytes }
  throw new CodedError('message-too-large', `Presence takes at most ${maxPresenceBytes} bytes`, facts)
}

/**
 * A way for clones to reach each other. It does two things and is allowed to be bad at both: publish bytes to all members
 * of a channel, and send bytes to one; and it says who is present.
 *
 * It may lose, duplicate, reorder and delay messages, and deliver to a part of the members only: the engine copes. It may drop what
 * would need unbounded memory (a slow connection). It must not alter bytes, must not deliver to another channel, must not
 * deliver a member's messages to itself, and must not deliver a message of the same connection from another peer id.
 * One transport serves many channels over one connection. It connects when the first channel is joined, reconnects by
 * itself, and disconnects some time after the last channel has closed.
 */
export interface Transport {
  /**
   * The longest message it takes now, in bytes; at least 64 KiB. It may change when it connects. The engine never sends more; what is longer
   * is dropped.
   */
  readonly maxMessageBytes: number
  /**
   * Whether it keeps what is published as lasting, and gives it to whoever joins later as if it were published then: by peers that are not present. Then
   * what is written while nobody else is there is published all the same.
   */
  readonly keeps?: boolean | undefined
  /**
   * Becomes a member of a channel.
   * @param channel an opaque name: 1 to 64 characters of `A-Z a-z 0-9 - _`
   */
  join(channel: string, listener: ChannelListener): Channel
  /** Closes every channel and the connection. Idempotent. */
  close(): Promise<void>
}
