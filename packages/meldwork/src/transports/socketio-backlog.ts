import { packetBytes } from './socketio-protocol.js'

/** What a backlog needs of a client's end of an Engine.IO connection; `socket.io.engine` of a Socket.IO client has it. */
export interface ClientEngine {
  /** Not a part of its types. */
  readonly writeBuffer?: readonly { readonly data?: unknown }[]
  readonly transport?: {
    /** The WebSocket, when it is one. Not a part of its types. */
    readonly ws?: { readonly bufferedAmount?: number } | null
    close?(): unknown
  }
  readonly readyState?: string
  on: EngineListening
  off: EngineListening
}

interface EngineListening {
  (event: 'flush' | 'drain' | 'close', listener: () => void): unknown
  (event: 'packetCreate', listener: (packet: { data?: unknown }) => void): unknown
  (event: 'handshake', listener: (handshake: { maxPayload: number }) => void): unknown
}

/** How much waits at the client's end of an Engine.IO connection; counted as it changes, for it is asked before each message. */
export class ClientBacklog {
  private readonly engine: ClientEngine
  private waiting = 0

  constructor(engine: ClientEngine) {
    this.engine = engine
    engine.on('packetCreate', this.created)
    engine.on('flush', this.recount)
    engine.on('drain', this.recount)
  }

  /** Bytes. What a poll sends counts until it has been answered; what a WebSocket was given, until the system has taken it. */
  get bytes(): number {
    return this.waiting + (this.engine.transport?.ws?.bufferedAmount ?? 0)
  }

  close(): void {
    this.engine.off('packetCreate', this.created)
    this.engine.off('flush', this.recount)
    this.engine.off('drain', this.recount)
  }

  private readonly created = (packet: { data?: unknown }) => {
    this.waiting += packetBytes(packet)
  }

  /** A flush empties the buffer or takes a good part of it: so each packet is looked at a few times only. */
  private readonly recount = () => {
    this.waiting = 0
    for (const packet of this.engine.writeBuffer ?? []) this.waiting += packetBytes(packet)
  }
}
