import type { ConnectionOptions, NatsConnection } from '@nats-io/nats-core'
import type { Environment } from '../ports/index.js'
import { type Broker, type BrokerConnection, BrokerRefusal, type BrokerRequest } from '../pubsub/index.js'
import { NatsBrokerConnection } from './nats-connection.js'
import { NatsLog } from './nats-log.js'
import type { NatsCredentials, NatsSettings } from './nats-options.js'
import type { Holding } from './nats-socket.js'

/** Opens a connection of the library's, and says how what lies under it can be ended. */
export type NatsConnect = (options: ConnectionOptions, holding: Holding) => Promise<NatsConnection>

/** What a broker needs beside its settings. */
export interface NatsBrokerParts {
  readonly connect: NatsConnect
  readonly environment: Environment
  readonly connectTimeoutMs: number
  /** Messages that wait to be acknowledged by the log are held up to so many bytes. */
  readonly unkeptBytes: number
}

/** NATS as a broker of topics. */
export class NatsBroker implements Broker<NatsCredentials> {
  readonly address: string
  readonly retains = false
  readonly keeps: boolean
  readonly log: NatsLog | undefined
  private readonly settings: NatsSettings
  private readonly parts: NatsBrokerParts

  constructor(settings: NatsSettings, parts: NatsBrokerParts) {
    this.settings = settings
    this.parts = parts
    this.address = settings.servers.join(',')
    this.log = settings.log && new NatsLog(settings.log, settings.prefix, parts)
    this.keeps = this.log !== undefined
  }

  async open({
    credentials = {},
    connection,
    listener,
    whenAbandoned,
  }: BrokerRequest<NatsCredentials>): Promise<BrokerConnection> {
    const { servers, prefix, pingIntervalMs, tls } = this.settings
    const { connect, connectTimeoutMs, environment } = this.parts
    const { token, user, password, authenticator } = credentials
    const held: (() => void)[] = []
    const hangUp = () => {
      for (const each of held.splice(0)) each()
    }
    let abandoned = false
    whenAbandoned(() => {
      abandoned = true
      hangUp()
    })
    const options: ConnectionOptions = {
      servers: [...servers],
      name: `meldwork-${connection}`,
      noEcho: true,
      // All that is done above, with waits by chance and credentials that are new each time.
      reconnect: false,
      ignoreClusterUpdates: true,
      timeout: connectTimeoutMs,
      pingInterval: pingIntervalMs,
      maxPingOut: 3,
      ...(token !== undefined && { token }),
      ...(user !== undefined && { user, pass: password ?? '' }),
      ...(authenticator !== undefined && { authenticator }),
      ...(tls !== undefined && { tls }),
    }
    try {
      const client = await connect(options, each => {
        held.push(each)
        if (abandoned) hangUp()
      })
      const opened = new NatsBrokerConnection({ client, prefix, listener, environment, hangUp, log: this.log })
      try {
        await opened.begin()
      } catch (error) {
        await opened.close()
        throw error
      }
      return opened
    } catch (error) {
      hangUp()
      throw isRefusal(error) ? new BrokerRefusal(`the NATS server refuses: ${(error as Error).message}`) : error
    }
  }
}

/** Whether it is of no use to try again with the same credentials. By names: there may be two copies of the package. */
function isRefusal(error: unknown): boolean {
  const { name, message } = (error ?? {}) as Partial<Error>
  if (name === 'AuthorizationError') return !/timeout/i.test(message ?? '')
  return name === 'UserAuthenticationExpiredError'
}
