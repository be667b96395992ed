import { join } from 'node:path'
import { type Clone, channelOf, openClone } from 'meldwork'
import type { Transport } from 'meldwork/ports'
import { LevelStore } from 'meldwork/stores/level'
import { MqttTransport } from 'meldwork/transports/mqtt'
import { NatsTransport } from 'meldwork/transports/nats'
import type { Relay } from 'meldwork/transports/relay'
import { WebSocketTransport } from 'meldwork/transports/websocket'
import { constraintsOf } from '../constraints.js'
import { folderOfDomain } from '../folders.js'
import type { MqttService } from './mqtt.js'
import type { GatewaySettings } from './options.js'
import { WatchedTransport } from './watched-transport.js'

/** Marks the connection of the gateway's own clones to its relay; a request from outside cannot carry it. */
export const ownConnection = Symbol('the gateway itself')

/** The durable clones of a gateway: one of each domain that it was told to keep, all on one connection to its relay, and one to its MQTT broker, where there is one. */
export class KeptClones {
  readonly byDomain = new Map<string, Clone>()
  private readonly domains = new Map<string, string>()
  private readonly settings: GatewaySettings
  /** What comes by one of them goes out by the others. */
  private readonly transports: readonly Transport[]
  /** Where they meet those of other gateways. */
  readonly nats: WatchedTransport | undefined

  constructor(settings: GatewaySettings, relay: Relay, mqtt: MqttService | undefined) {
    this.settings = settings
    const { maxMessageBytes } = settings.limits
    const own = { own: ownConnection }
    const relayed = new WebSocketTransport('memory:', { socket: () => relay.connect(own), maxMessageBytes })
    const published = mqtt && new MqttTransport('mqtt://gateway', { stream: () => mqtt.connect(own), maxMessageBytes })
    const { nats } = settings
    if (nats !== undefined)
      this.nats = new WatchedTransport(new NatsTransport(nats.servers, { credentials: nats.credentials }))
    this.transports = [relayed, published, this.nats].filter(transport => transport !== undefined)
  }

  /**
   * Opens them, and waits until they are members of their channels, so that whoever comes first finds them there.
   * @throws CodedError as `openClone` does; what was open is closed then
   */
  async open(): Promise<void> {
    try {
      // One after the other: two domains in one folder would be a mistake that a race must not hide.
      for (const domain of this.settings.domains) await this.openOne(domain)
      for (const clone of this.byDomain.values()) await clone.status.becomes({ online: true })
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** The domain of a channel, when it is one that is kept. */
  domainOf(channel: string): string | undefined {
    return this.domains.get(channel)
  }

  /** Makes everything durable and lets go of the folders. */
  async close(): Promise<void> {
    await Promise.all([...this.byDomain.values()].map(clone => clone.close()))
    await Promise.all(this.transports.map(transport => transport.close()))
  }

  private async openOne(domain: string): Promise<void> {
    const { transports: transport, settings } = this
    // Checked by `openClone`, which a folder must not come before: so the folder is made when the store opens.
    const store = new LevelStore(join(settings.folder, folderOfDomain(domain)))
    this.domains.set(channelOf(domain).name, domain)
    const constraints = constraintsOf(domain, settings.constraints)
    this.byDomain.set(domain, await openClone({ domain, store, transport, constraints, genesis: true }))
  }
}
