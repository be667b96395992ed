import { channelPattern } from '../codec/index.js'
import { CodedError } from '../errors.js'
import type { Channel, ChannelListener, Transport } from '../ports/index.js'
import { Membership } from './webrtc-membership.js'
import { Neighbourhood } from './webrtc-neighbourhood.js'
import { invalid, settingsFrom, type WebRtcTransportOptions } from './webrtc-options.js'
import type { WebRtcTransportStatistics } from './webrtc-statistics.js'

export type { WebRtcTransportOptions } from './webrtc-options.js'
export type {
  DataChannelLike,
  IceServer,
  PeerConnectionLike,
  SessionDescriptionLike,
} from './webrtc-platform.js'
export type { WebRtcTransportStatistics } from './webrtc-statistics.js'

/**
 * Messages go directly from clone to clone, on data channels of WebRTC; another transport tells who is present, carries the signals by which peers
 * connect, and all that cannot go directly: at first, to those who use that other transport alone, and where a network lets nobody through. Credentials are
 * the other transport's.
 *
 * Two of these transports share one peer connection, however many channels they share, and connect to {@link WebRtcTransportOptions.maxPeers} others at most.
 * A published message goes directly to all when all, or all but two, are reached directly; else to all by the other transport, once.
 * A connection that fails is replaced by the other transport without a word, and tried again after random, growing waits.
 *
 * The other transport has the say about who is present: whoever is gone there is not spoken to directly any more. When it goes offline, a member stays
 * `online` as long as it reaches somebody directly, and those are present; when it is online again, the member is `connecting` for an instant. When it says `refused`, all direct
 * connections of the member end, too.
 *
 * What goes directly is encrypted between the two ends, and no relay can read it. Whoever carries the signals could put itself between them. Members of a channel learn each other's
 * network addresses. It keeps no messages: what would wait in a full send buffer is dropped, and so is a message longer than {@link maxMessageBytes}.
 */
export class WebRtcTransport implements Transport {
  readonly #over: Transport
  readonly #neighbourhood: Neighbourhood
  readonly #memberships = new Set<Membership>()
  #isClosed = false

  /**
   * @param over the other transport. It is this one's from now on: closed with it, and joined by nobody else
   * @throws CodedError `option-invalid`
   */
  constructor(over: Transport, options: WebRtcTransportOptions = {}) {
    this.#over = over
    this.#neighbourhood = new Neighbourhood(settingsFrom(options), over)
  }

  /** What both ways take: 9 bytes less than the other transport, or what the options say. */
  get maxMessageBytes(): number {
    return this.#neighbourhood.maxMessageBytes
  }

  /** A fresh copy at each call. */
  statistics(): WebRtcTransportStatistics {
    return { ...this.#neighbourhood.counts }
  }

  /**
   * @throws CodedError `transport-closed`
   * @throws CodedError `option-invalid` for a name that a channel cannot have
   */
  join(channel: string, listener: ChannelListener): Channel {
    if (this.#isClosed) throw new CodedError('transport-closed', 'This transport is closed', {})
    if (!channelPattern.test(channel)) throw invalid('channel', '1 to 64 characters of A-Z a-z 0-9 - _')
    const membership = new Membership(this.#neighbourhood, channel, listener, left => this.#memberships.delete(left))
    membership.join(overListener => this.#over.join(channel, overListener))
    this.#memberships.add(membership)
    return membership
  }

  /** Closes the other transport, too. Resolves when all is closed; what was published before is still sent, if it takes no longer than 2 seconds. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const membership of [...this.#memberships]) membership.close()
    await Promise.all([this.#neighbourhood.close(), this.#over.close()])
  }
}
