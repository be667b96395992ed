import { packetBytes } from './socketio-protocol.js'

/** What a relay needs of the server's end of an Engine.IO connection; `socket.conn` of a Socket.IO server has it. */
export interface ServerEngine {
  readonly transport: { readonly writable: boolean }
  close(discard?: boolean): unknown
  on(event: 'packetCreate', listener: (packet: { data?: unknown }) => void): unknown
  on(event: 'flush', listener: () => void): unknown
}

/**
 * How much waits at the server's end of an Engine.IO connection. The engine hands all that waits to its transport in one piece, and then waits until
 * the transport can write again: until the system has taken it (WebSocket), or until the client has it and asks for more (polling).
 */
export class ServerBacklog {
  private readonly engine: ServerEngine
  private waiting = 0
  private leaving = 0

  constructor(engine: ServerEngine) {
    this.engine = engine
    engine.on('packetCreate', packet => {
      this.waiting += packetBytes(packet)
    })
    engine.on('flush', () => {
      this.leaving = this.waiting
      this.waiting = 0
    })
  }

  /** In bytes, those of all namespaces of the connection. */
  get bytes(): number {
    return this.waiting + (this.engine.transport.writable ? 0 : this.leaving)
  }

  /** That of a connection: one for all namespaces, and for all that come to them one after the other. */
  static of(engine: ServerEngine): ServerBacklog {
    const known = backlogs.get(engine) ?? new ServerBacklog(engine)
    backlogs.set(engine, known)
    return known
  }
}

const backlogs = new WeakMap<ServerEngine, ServerBacklog>()
