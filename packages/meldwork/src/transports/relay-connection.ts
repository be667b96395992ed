import { hexadecimal } from '../codec/index.js'
import type { Farewell } from './relay-farewell.js'
import type { RelayConnection, RelaySettings, RequestFacts } from './relay-options.js'
import type { Member, Receiver } from './relay-room.js'
import type { RelaySocket } from './relay-socket.js'
import type { RelayCounts } from './relay-statistics.js'
import { Throttle } from './relay-throttle.js'

/** What a connection needs of the relay that has accepted it. */
export interface ConnectionHost {
  readonly settings: RelaySettings
  readonly counts: RelayCounts
  /** Ends a connection, with a farewell or without (it has closed, or is beyond hope). */
  end(connection: Connection, farewell?: Farewell): void
}

/** One accepted socket. */
export class Connection implements RelayConnection, Receiver {
  readonly socket: RelaySocket
  readonly request: RequestFacts
  readonly id: string
  readonly throttle: Throttle
  /** By handle. */
  readonly memberships = new Map<number, Member>()
  principal: unknown
  open = true
  greeted = false
  welcomed = false
  readonly acceptedMs: number
  heardMs: number
  /** Since when messages to it have been dropped without a pause. */
  slowSinceMs: number | undefined
  private readonly host: ConnectionHost

  /** @param trusted whether it may send at any rate */
  constructor(socket: RelaySocket, request: RequestFacts, host: ConnectionHost, trusted: boolean) {
    const { environment } = host.settings
    const unlimited = { bytesPerSecond: Number.POSITIVE_INFINITY, messagesPerSecond: Number.POSITIVE_INFINITY }
    const settings = trusted ? { ...host.settings, ...unlimited } : host.settings
    this.socket = socket
    this.request = request
    this.id = hexadecimal(environment.random(12))
    this.host = host
    this.acceptedMs = environment.now()
    this.heardMs = this.acceptedMs
    this.throttle = new Throttle(socket, settings, this.acceptedMs, () => {
      this.heardMs = environment.now()
    })
  }

  /** Sends a message, or drops it when the receiver is too slow. */
  deliver(frame: Uint8Array): void {
    if (!this.open) return
    const { settings, counts } = this.host
    if (this.socket.bufferedAmount > settings.sendBufferBytes) {
      counts.droppedSlow++
      this.slowSinceMs ??= settings.environment.now()
      return
    }
    this.slowSinceMs = undefined
    counts.messagesOut++
    counts.bytesOut += frame.length
    this.write(frame)
  }

  /** Sends what must not be lost; one that cannot take it is closed, and learns it when it comes again. */
  tell(frame: Uint8Array): void {
    if (!this.open) return
    if (this.socket.bufferedAmount > 2 * this.host.settings.sendBufferBytes) this.end()
    else this.write(frame)
  }

  /** Ends, with a farewell or without. */
  end(farewell?: Farewell): void {
    this.host.end(this, farewell)
  }

  private write(frame: Uint8Array): void {
    try {
      this.socket.send(frame)
    } catch {
      this.end()
    }
  }
}
