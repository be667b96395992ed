import { channelPattern } from '../codec/index.js'
import { CodedError } from '../errors.js'
import {
  type Channel,
  type ChannelListener,
  type Environment,
  platformEnvironment,
  type Transport,
} from '../ports/index.js'
import { Member, type MemberHost } from './broadcast-channel-member.js'
import { type TabPlatform, tabPlatform } from './broadcast-channel-platform.js'

export {
  type BroadcastChannelLike,
  type LocksLike,
  type PageLife,
  type TabPlatform,
  tabPlatform,
} from './broadcast-channel-platform.js'

/** Options of a {@link BroadcastChannelTransport}. */
export interface BroadcastChannelTransportOptions {
  /** The longest message, in bytes, at least 64 KiB. Default: 4 MiB. */
  maxMessageBytes?: number
  /**
   * Where there are no Web Locks: one who has said nothing for about so long is asked, once, twice, and after a third time is taken for
   * dead. Default: 1000.
   */
  silenceMs?: number
  environment?: Environment
  /** The browser, unless a test plays it. */
  platform?: TabPlatform
}

/** How many messages were lost, or not understood. */
export interface BroadcastChannelTransportStatistics {
  /** Messages not sent: too long, to nobody, while not online, or refused by the platform. */
  readonly dropped: number
  /** What came in and made no sense. */
  readonly malformed: number
}

/**
 * Clones in the tabs and workers of one origin, and within one page, over the platform's BroadcastChannel; in Node, those of one process
 * and its threads. It needs no network and no secure context, and a channel is `online` at once.
 *
 * A tab that is closed says so. A tab that dies without a word is noticed at once where there are Web Locks (each member holds a lock while it lives);
 * elsewhere when it stays silent for three times {@link BroadcastChannelTransportOptions.silenceMs}. A page that the browser
 * freezes, or keeps for the way back, leaves; and comes back, under another peer id, when it is shown again.
 *
 * Every script of the origin can read what is sent, and can send what it likes. The platform holds what a slow tab has not taken yet, in
 * memory that nobody bounds.
 */
export class BroadcastChannelTransport implements Transport {
  readonly maxMessageBytes: number
  readonly #host: Writable<MemberHost>
  readonly #members = new Set<Member>()
  readonly #counts = { dropped: 0, malformed: 0 }
  /** Set from the first member on. */
  #stopFollowing: (() => void) | undefined
  #closed = false

  /** @throws CodedError `option-invalid` */
  constructor(options: BroadcastChannelTransportOptions = {}) {
    const { maxMessageBytes = 4 * 1024 * 1024, silenceMs = 1000, environment = platformEnvironment } = options
    if (!(maxMessageBytes >= 65_536)) throw invalid('maxMessageBytes', 'at least 65536')
    if (!(silenceMs > 0)) throw invalid('silenceMs', 'more than 0')
    this.maxMessageBytes = maxMessageBytes
    this.#host = {
      platform: options.platform ?? tabPlatform,
      environment,
      maxMessageBytes,
      silenceMs,
      isActive: true,
      counts: this.#counts,
      left: member => this.#members.delete(member),
    }
  }

  /** A fresh copy at each call. */
  statistics(): BroadcastChannelTransportStatistics {
    return { ...this.#counts }
  }

  /**
   * @throws CodedError `transport-closed`
   * @throws CodedError `option-invalid` for a name that a channel cannot have
   */
  join(channel: string, listener: ChannelListener): Channel {
    if (this.#closed) throw new CodedError('transport-closed', 'This transport is closed', {})
    if (!channelPattern.test(channel)) throw invalid('channel', '1 to 64 characters of A-Z a-z 0-9 - _')
    this.#stopFollowing ??= this.#host.platform.page.follow(
      () => this.#activate(false),
      () => this.#activate(true),
    )
    const member = new Member(this.#host, channel, listener)
    this.#members.add(member)
    return member
  }

  close(): Promise<void> {
    this.#closed = true
    this.#stopFollowing?.()
    for (const member of [...this.#members]) member.close()
    return Promise.resolve()
  }

  #activate(isActive: boolean): void {
    this.#host.isActive = isActive
    for (const member of [...this.#members]) {
      if (isActive) member.enter()
      else member.leave()
    }
  }
}

type Writable<T> = { -readonly [Field in keyof T]: T[Field] }

function invalid(option: string, expected: string): CodedError {
  return new CodedError('option-invalid', `The ${option} must be ${expected}`, { option, expected })
}
