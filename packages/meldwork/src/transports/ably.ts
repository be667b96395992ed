import { TopicTransport } from '../pubsub/index.js'
import { AblyBroker } from './ably-broker.js'
import { type AblyCredentials, type AblyTransportOptions, topicOptions } from './ably-options.js'

export type { AblyChannel, AblyClient } from './ably-client.js'
export type { AblyCredentials, AblyTransportOptions } from './ably-options.js'

/**
 * A transport over Ably: `new AblyTransport({ authUrl: '/ably-token' })`. The package `ably`, 2, an optional peer, is loaded at the first connection; where it is missing, the
 * channels are told `refused`, with the message of a `package-missing` error as the reason.
 *
 * A channel `C` is the channels `PREFIX:channels:C:all` and, for each member, `PREFIX:channels:C:to:MEMBER` of Ably's; the prefix is `meldwork:1`. A token needs the
 * capability `{"meldwork:1:channels:C:*": ["publish", "subscribe"]}`; without both, that channel alone is `refused`. It uses no presence and no history of Ably's.
 *
 * Ably's SDK renews tokens by `authUrl` or `authCallback`, while it is connected. With `credentials: () => ({ token })` the app is asked when one has ended, at the cost of a new
 * connection. All else is tried again by the transport itself, not by the SDK.
 *
 * Messages longer than the account allows (64 KiB) go in parts. What Ably does not take (its limits: 50 messages a second of one connection and on one channel) is
 * dropped, and counted in `statistics().dropped`. A connection takes 200 channels: two for each domain with one clone.
 */
export class AblyTransport extends TopicTransport<AblyCredentials> {
  /** @throws `option-invalid` */
  constructor(options: AblyTransportOptions) {
    super(new AblyBroker(options), topicOptions(options))
  }
}
