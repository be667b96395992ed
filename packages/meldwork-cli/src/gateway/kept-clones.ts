import { join } from 'node:path'
import { type Clone, channelOf, openClone } from 'meldwork'
import { LevelStore } from 'meldwork/stores/level'
import { NatsTransport } from 'meldwork/transports/nats'
import type { Relay } from 'meldwork/transports/relay'
import { WebSocketTransport } from 'meldwork/transports/websocket'
import { constraintsOf } from '../constraints.js'
import { folderOfDomain } from '../folders.js'
import type { GatewaySettings } from './options.js'
import { WatchedTransport } from './watched-transport.js'

/** Marks the connection of the gateway's own clones to its relay; a request from outside cannot carry it. */
export const ownConnection = Symbol('the gateway itself')

/** The durable clones of a gateway: one of each domain that it was told to keep, all on one connection to its relay. */
export class KeptClones {
  readonly byDomain = new Map<string, Clone>()
  private readonly domains = new Map<string, string>()
  private readonly settings: GatewaySettings
  private readonly transport: WebSocketTransport
  /** Where they meet those of other gateways. */
  readonly nats: WatchedTransport | undefined

  constructor(settings: GatewaySettings, relay: Relay) {
    this.settings = settings
    this.transport = new WebSocketTransport('memory:', {
      socket: () => relay.connect({ own: ownConnection }),
      maxMessageBytes: settings.limits.maxMessageBytes,
    })
    const { nats } = settings
    if (nats !== undefined)
      this.nats = new WatchedTransport(new NatsTransport(nats.servers, { credentials: nats.credentials }))
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
    await Promise.all([this.transport.close(), this.nats?.close()])
  }

  private async openOne(domain: string): Promise<void> {
    const { settings } = this
    const transport = this.nats === undefined ? this.transport : [this.transport, this.nats]
    // Checked by `openClone`, which a folder must not come before: so the folder is made when the store opens.
    const store = new LevelStore(join(settings.folder, folderOfDomain(domain)))
    this.domains.set(channelOf(domain).name, domain)
    const constraints = constraintsOf(domain, settings.constraints)
    this.byDomain.set(domain, await openClone({ domain, store, transport, constraints, genesis: true }))
  }
}
