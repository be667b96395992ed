import type * as Ably from 'ably'
import { type Environment, platformEnvironment } from '../ports/index.js'
import {
  type Broker,
  type BrokerConnection,
  BrokerRefusal,
  type BrokerRequest,
  envelopeBytes,
} from '../pubsub/index.js'
import { type AblyClient, ablyRealtime } from './ably-client.js'
import { AblyConnection } from './ably-connection.js'
import { type AblyCredentials, type AblyTransportOptions, checkedPrefix, clientOptionsFor } from './ably-options.js'
import { isRefusal, reasonOf } from './ably-reasons.js'

/** Ably, as transports over topics need a broker. */
export class AblyBroker implements Broker<AblyCredentials> {
  readonly address = 'Ably'
  readonly retains = false
  private readonly prefix: string
  private readonly environment: Environment
  private readonly maxMessageBytes: number
  private readonly client: AblyTransportOptions['client']
  private readonly clientOptions: Ably.ClientOptions | undefined
  private former: AblyConnection | undefined

  /** @throws `option-invalid` */
  constructor({ prefix, environment, maxMessageBytes, client, clientOptions }: AblyTransportOptions) {
    this.prefix = checkedPrefix(prefix)
    this.environment = environment ?? platformEnvironment
    this.maxMessageBytes = (maxMessageBytes ?? 1024 * 1024) + envelopeBytes
    this.client = client
    this.clientOptions = clientOptions
  }

  async open(request: BrokerRequest<AblyCredentials>): Promise<BrokerConnection> {
    const options = clientOptionsFor(this.clientOptions, request.credentials)
    // Of an app's client it may be leaving channels still, which are to be entered again.
    await this.former?.left()
    const make = this.client ?? (await this.maker())
    return this.connected(clientFrom(make, options), request)
  }

  private async maker(): Promise<(options: Ably.ClientOptions) => AblyClient> {
    const Realtime = await ablyRealtime()
    return options => new Realtime(options)
  }

  private connected(client: AblyClient, request: BrokerRequest<AblyCredentials>): Promise<BrokerConnection> {
    const { connection } = client
    const isShared = connection.state !== 'initialized'
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        connection.off(hear)
        // At once: or the SDK would try again by itself.
        if (!isShared) client.close()
        reject(error)
      }
      const look = (state: Ably.ConnectionState, trouble: unknown) => {
        if (state === 'connected') {
          connection.off(hear)
          const { prefix, environment, maxMessageBytes } = this
          const settings = { prefix, environment, maxMessageBytes, isShared }
          this.former = new AblyConnection(client, settings, request.listener)
          resolve(this.former)
        } else if (state !== 'initialized' && state !== 'connecting')
          fail(isRefusal(trouble) ? new BrokerRefusal(reasonOf(trouble)) : new Error(reasonOf(trouble)))
      }
      const hear = ({ current, reason }: Ably.ConnectionStateChange) => look(current, reason)
      connection.on(hear)
      request.whenAbandoned(() => fail(new Error('given up')))
      if (!isShared) client.connect()
      else if (connection.state !== 'disconnected') look(connection.state, connection.errorReason)
    })
  }
}

/** @throws BrokerRefusal for options that the SDK does not take: it would not take them later either */
function clientFrom(make: (options: Ably.ClientOptions) => AblyClient, options: Ably.ClientOptions): AblyClient {
  try {
    return make(options)
  } catch (error) {
    throw new BrokerRefusal(reasonOf(error))
  }
}
