import { type Environment, platformEnvironment } from '../ports/index.js'
import { type Broker, type BrokerConnection, BrokerRefusal, type BrokerRequest } from '../pubsub/index.js'
import { type MqttClient, type MqttClientOptions, type MqttPacket, mqttLibrary } from './mqtt-client.js'
import { MqttConnection } from './mqtt-connection.js'
import {
  checkedCredentials,
  type MqttAddress,
  type MqttCredentials,
  type MqttSettings,
  type MqttTransportOptions,
  mqttAddress,
  mqttSettings,
} from './mqtt-options.js'
import { isFinalOnConnect, troubleOf } from './mqtt-reasons.js'
import { MqttTopics } from './mqtt-topics.js'

/** An MQTT broker, as transports over topics need one. */
export class MqttBroker implements Broker<MqttCredentials> {
  readonly address: string
  readonly retains = true
  private readonly location: MqttAddress
  private readonly settings: MqttSettings
  private readonly topics: MqttTopics
  private readonly environment: Environment
  private readonly tls: object
  private readonly stream: (() => unknown) | undefined

  /** @throws `option-invalid` */
  constructor(url: string, options: MqttTransportOptions) {
    this.location = mqttAddress(url)
    this.address = this.location.shown
    this.settings = mqttSettings(options)
    this.topics = new MqttTopics(this.settings.prefix)
    this.environment = options.environment ?? platformEnvironment
    this.tls = options.tls ?? {}
    this.stream = options.stream
  }

  async open(request: BrokerRequest<MqttCredentials>): Promise<BrokerConnection> {
    const options = this.clientOptions(request)
    const { connect, MqttClient } = await mqttLibrary()
    const client = this.stream === undefined ? connect(options) : new MqttClient(this.stream, options)
    // Otherwise a short message waits for the answer to the one before.
    client.stream.setNoDelay?.(true)
    const connack = await this.connected(client, request)
    return new MqttConnection(client, connack, this.topics, this.settings, this.environment, request.listener)
  }

  /** Resolves with the broker's welcome. */
  private connected(client: MqttClient, request: BrokerRequest<MqttCredentials>): Promise<MqttPacket> {
    return new Promise((resolve, reject) => {
      const fail = (reason: string, isFinal = false) => {
        reject(isFinal ? new BrokerRefusal(reason) : new Error(reason))
        client.stream.destroy()
      }
      client.on('connect', resolve)
      client.on('error', error => fail(troubleOf(error), isFinalOnConnect(error.code)))
      // The library keeps some errors to itself.
      client.stream.on('error', error => fail(troubleOf(error)))
      client.on('close', () => fail('the broker has closed the connection without an answer'))
      request.whenAbandoned(() => fail('given up'))
    })
  }

  private clientOptions({ credentials, connection, farewell }: BrokerRequest<MqttCredentials>): MqttClientOptions {
    const { protocol, hostname, port, path } = this.location
    const { protocolVersion, keepAliveMs } = this.settings
    const is5 = protocolVersion === 5
    return {
      protocol,
      host: hostname,
      hostname,
      ...(port === undefined ? {} : { port }),
      ...(protocol.startsWith('ws') ? { path } : {}),
      ...this.tls,
      // What is sent is compressed already.
      wsOptions: { ...this.tls, perMessageDeflate: false },
      // In a browser: the socket's own figure is the true one only when nothing is kept back before it.
      browserBufferSize: Number.MAX_SAFE_INTEGER,
      protocolVersion,
      clientId: connection,
      ...checkedCredentials(credentials),
      clean: true,
      keepalive: keepAliveMs / 1000,
      // The library's other timers start a worker from a blob, which many pages forbid.
      timerVariant: 'native',
      // All of this is done above, for all brokers alike.
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      connectTimeout: 0x7fffffff,
      ...(is5 ? { properties: { sessionExpiryInterval: 0, maximumPacketSize: maxPacketBytes } } : {}),
      will: { topic: this.topics.write(farewell.topic), payload: farewell.bytes, qos: 1, retain: false },
      // What it logs has passwords in it.
      log: () => {},
    }
  }
}

/** What a broker of version 5 keeps from us: more than any clone sends. */
const maxPacketBytes = 64 * 1024 * 1024
