import { encodeFrame } from '../codec/index.js'
import type { Connection, ConnectionHost } from './relay-connection.js'
import { closeSocket, type Farewell, farewell } from './relay-farewell.js'
import type { RelaySettings } from './relay-options.js'
import type { RelayCounts } from './relay-statistics.js'

/** The open connections of a relay, each until its end. */
export class Connections implements ConnectionHost {
  readonly settings: RelaySettings
  readonly counts: RelayCounts
  private readonly all = new Set<Connection>()
  private readonly onEnd: (connection: Connection) => void
  private readonly doomed: { connection: Connection; farewell: Farewell | undefined }[] = []
  private burying = false
  private stopSweeping: (() => void) | undefined

  /** @param onEnd called when a connection has ended: it may end others */
  constructor(settings: RelaySettings, counts: RelayCounts, onEnd: (connection: Connection) => void) {
    this.settings = settings
    this.counts = counts
    this.onEnd = onEnd
  }

  get size(): number {
    return this.all.size
  }

  add(connection: Connection): void {
    this.all.add(connection)
    this.stopSweeping ??= this.sweepLater()
  }

  /**
   * Ends a connection, with a farewell or without (it has closed, or is beyond hope). Ends are queued, because telling the others
   * of one may end another: recursion would go as deep as there are connections.
   */
  end(connection: Connection, farewell?: Farewell): void {
    if (!connection.open) return
    connection.open = false
    this.doomed.push({ connection, farewell })
    if (this.burying) return
    this.burying = true
    for (let next = this.doomed.shift(); next !== undefined; next = this.doomed.shift()) {
      this.bury(next.connection, next.farewell)
    }
    this.burying = false
  }

  endAll(farewell: Farewell): void {
    const all = [...this.all]
    // None is told that the others leave.
    for (const connection of all) connection.open = false
    for (const connection of all) this.bury(connection, farewell)
  }

  private bury(connection: Connection, farewell: Farewell | undefined): void {
    this.all.delete(connection)
    connection.throttle.release()
    closeSocket(connection.socket, farewell)
    this.onEnd(connection)
    if (this.all.size > 0) return
    this.stopSweeping?.()
    this.stopSweeping = undefined
  }

  /** Now and then: asks those who are silent, closes those who are gone or hopelessly slow. */
  private sweep(): void {
    const { environment, idleTimeoutMs, slowTimeoutMs, sendBufferBytes } = this.settings
    const nowMs = environment.now()
    for (const connection of [...this.all]) {
      if (connection.throttle.paused) continue
      const silentMs = nowMs - connection.heardMs
      const slowMs = nowMs - (connection.slowSinceMs ?? nowMs)
      if (connection.socket.bufferedAmount <= sendBufferBytes) connection.slowSinceMs = undefined
      else if (slowMs > slowTimeoutMs) connection.end()
      const waiting = !connection.welcomed && nowMs - connection.acceptedMs > idleTimeoutMs / 4
      if (waiting || silentMs > idleTimeoutMs) connection.end(farewell('idle', false, 'nothing was heard for long'))
      else if (silentMs > idleTimeoutMs / 2) connection.tell(ping)
    }
    this.stopSweeping = this.all.size > 0 ? this.sweepLater() : undefined
  }

  private sweepLater(): () => void {
    const { environment, idleTimeoutMs } = this.settings
    return environment.schedule(() => this.sweep(), idleTimeoutMs / 8, true)
  }
}

const ping = encodeFrame({ type: 'ping' })
