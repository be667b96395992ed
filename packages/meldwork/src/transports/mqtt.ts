import { TopicTransport } from '../pubsub/index.js'
import { MqttBroker } from './mqtt-broker.js'
import type { MqttCredentials, MqttTransportOptions } from './mqtt-options.js'

export type { MqttCredentials, MqttTlsOptions, MqttTransportOptions } from './mqtt-options.js'

/**
 * A transport over an MQTT broker (3.1.1 or 5), with the package `mqtt`, an optional peer that is loaded at the first connection. In Node over TCP, TLS and
 * WebSockets, in browsers over WebSockets. Where the package is missing, the channels are told `refused`, with the message of a `package-missing` error as the
 * reason.
 *
 * **Topics.** With the prefix `meldwork/1`, and the channel `C` of a domain (`channelOf(domain).name`):
 * - `meldwork/1/channels/C/all`: what is for all members.
 * - `meldwork/1/channels/C/to/P`: what is for the member `P`.
 * - `meldwork/1/channels/C/here/P`: who is there; retained.
 * - `meldwork/1/gone/N`: the last will of the connection `N`, whose client id that is.
 *
 * So the rules of a broker can say who takes part in a domain: to read and write `meldwork/1/channels/C/#`, to write `meldwork/1/gone/` with its own client id
 * behind it, and to read `meldwork/1/gone/+`. For mosquitto's `acl_file`:
 * ```
 * pattern write meldwork/1/gone/%c
 * pattern read meldwork/1/gone/+
 *
 * user ada
 * topic readwrite meldwork/1/channels/C/#
 * ```
 * One who may only read, or only write, is not let in: each member sends a message to itself first, and is told `refused` when that does not come back.
 *
 * **Quality of service.** Presence and the last will have 1: the broker delivers them. All else has 0: what is lost is fetched again by the engine, which
 * would be slower to wait for what a broker has queued. Sessions are clean: a broker keeps nothing for those who are not there.
 *
 * **Limits.** A broker of version 5 tells the longest packet it takes. Others throw away in silence what is longer than they like (mosquitto's
 * `message_size_limit`) or end the connection: then `maxMessageBytes` must be set to what they take, less 256 bytes.
 *
 * In browsers the package (5.16) waits for a timer of the page between two messages: they come no faster than some 200 in a second, and in hidden pages, whose
 * timers sleep, much slower. Where that is too slow, a page is better off with a WebSocket to a gateway that is on the same broker.
 *
 * **What it sees.** The broker reads everything that is said. Use `mqtts:` or `wss:` wherever others can listen: passwords and tokens are sent as
 * they are. A certificate that is not trusted makes a channel `offline`, with the reason; it is tried again, since a network that asks its visitors to sign in
 * looks just so.
 */
export class MqttTransport extends TopicTransport<MqttCredentials> {
  /**
   * @param url of the broker: `mqtt:`, `mqtts:`, `ws:` or `wss:`, without credentials
   * @throws `option-invalid`
   */
  constructor(url: string, options: MqttTransportOptions = {}) {
    super(new MqttBroker(url, options), { ...options, maxMessageBytes: options.maxMessageBytes ?? 1_000_000 })
  }
}
