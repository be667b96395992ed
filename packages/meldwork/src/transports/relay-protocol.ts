import { decodeFrame, encodeFrame, messageBytes, type RelayFrame, refusedCodes, relayVersion } from '../codec/index.js'
import type { Channels } from './relay-channels.js'
import type { Connection } from './relay-connection.js'
import { farewell } from './relay-farewell.js'
import { askHook, type Decision } from './relay-hook.js'
import type { RelaySettings, Verdict } from './relay-options.js'
import type { RelayCounts } from './relay-statistics.js'

/** A relay's side of the protocol of {@link RelayFrame}: what each frame from a client leads to. */
export class Protocol {
  private readonly settings: RelaySettings
  private readonly counts: RelayCounts
  private readonly channels: Channels

  constructor(settings: RelaySettings, counts: RelayCounts, channels: Channels) {
    this.settings = settings
    this.counts = counts
    this.channels = channels
  }

  /** Takes what a socket gave as the data of a message. */
  receive(connection: Connection, data: unknown) {
    if (!connection.open) return
    connection.heardMs = this.settings.environment.now()
    const bytes = messageBytes(data)
    let frame: RelayFrame | undefined
    try {
      if (bytes === undefined) return this.malformed(connection, 'a message that is not binary')
      frame = decodeFrame(bytes)
    } catch (error) {
      return this.malformed(connection, (error as Error).message)
    }
    if (!this.admits(connection, bytes.length, frame)) return
    if (frame !== undefined) return this.obey(connection, frame)
    if (!connection.greeted) return this.malformed(connection, 'no hello')
    this.counts.unknown++
  }

  private admits(connection: Connection, bytes: number, frame: RelayFrame | undefined): boolean {
    const droppable = frame?.type === 'publish' || frame?.type === 'send'
    const admission = connection.throttle.admit(bytes, droppable, connection.heardMs)
    if (admission === 'dropped') this.counts.droppedRate++
    if (admission === 'flood') connection.end(farewell('rate', false, 'it sends too much'))
    return admission === 'admitted'
  }

  private obey(connection: Connection, frame: RelayFrame) {
    if (frame.type === 'pong') return
    if (frame.type === 'ping') return connection.tell(pong)
    if (frame.type === 'hello') return this.hello(connection, frame)
    if (!connection.welcomed) return this.malformed(connection, `${frame.type} before a welcome`)
    switch (frame.type) {
      case 'publish':
        return this.channels.publish(connection, frame.handle, frame.payload)
      case 'send':
        return this.channels.send(connection, frame.handle, frame.to, frame.payload)
      case 'announce':
        return this.channels.announce(connection, frame.handle, frame.payload)
      case 'join':
        return this.join(connection, frame.handle, frame.channel, frame.payload)
      case 'leave':
        return this.channels.leave(connection, frame.handle)
      default:
        return this.malformed(connection, `${frame.type} from a client`)
    }
  }

  private hello(connection: Connection, frame: { lowest: number; highest: number; token: string }) {
    if (connection.greeted) return this.malformed(connection, 'a second hello')
    connection.greeted = true
    if (frame.lowest > relayVersion || frame.highest < relayVersion) {
      this.counts.refused++
      return connection.end(farewell('version', true, `this relay speaks version ${relayVersion} of the protocol`))
    }
    const { settings } = this
    const ask = () => settings.authorize(frame.token === '' ? undefined : frame.token, connection.request)
    this.ask(ask, decision => {
      if (!connection.open) return
      if (decision === undefined) {
        return connection.end(farewell('unavailable', false, 'the relay cannot check credentials now'))
      }
      if (!decision.allowed) {
        this.counts.refused++
        return connection.end(farewell('unauthorized', true, decision.reason ?? 'the credentials are not accepted'))
      }
      connection.principal = decision.principal
      connection.welcomed = true
      const { maxMessageBytes } = settings
      const welcome = { type: 'welcome', version: relayVersion, maxMessageBytes, connection: connection.id } as const
      connection.tell(encodeFrame(welcome))
    })
  }

  private join(connection: Connection, handle: number, channel: string, payload: Uint8Array) {
    const { memberships } = connection
    const { settings } = this
    if (memberships.has(handle)) return this.malformed(connection, 'a handle that is in use')
    if (memberships.size >= settings.maxChannelsPerConnection) {
      return this.refuse(connection, handle, refusedCodes.channelLimit, false, 'too many channels on one connection')
    }
    const member = this.channels.propose(connection, handle, channel, payload)
    const ask = () => settings.mayJoin(channel, connection)
    this.ask(ask, decision => {
      if (!connection.open || memberships.get(handle) !== member) return
      if (decision?.allowed) return this.channels.enter(member)
      this.channels.leave(connection, handle)
      const reason = decision === undefined ? 'the relay cannot check permissions now' : decision.reason
      const code = decision === undefined ? refusedCodes.unavailable : refusedCodes.forbidden
      this.refuse(connection, handle, code, decision !== undefined, reason ?? 'this channel may not be joined')
    })
  }

  private refuse(connection: Connection, handle: number, code: number, final: boolean, reason: string): void {
    this.counts.refused++
    connection.tell(encodeFrame({ type: 'refused', handle, code, final, reason }))
  }

  private ask(hook: () => Verdict | Promise<Verdict>, answer: (decision: Decision | undefined) => void): void {
    askHook(hook, error => this.settings.report(error), answer)
  }

  private malformed(connection: Connection, reason: string): void {
    this.counts.malformed++
    connection.end(farewell('malformed', false, reason))
  }
}

const pong = encodeFrame({ type: 'pong' })
