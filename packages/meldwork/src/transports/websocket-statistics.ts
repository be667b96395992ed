/** Counts since the transport was made. */
export interface WebSocketTransportStatistics {
  /** Connections that a relay welcomed. */
  connections: number
  messagesIn: number
  messagesOut: number
  bytesIn: number
  bytesOut: number
  /** Messages not sent: not connected, the send buffer full, or too long. */
  dropped: number
  /** Messages from the relay for nobody here. */
  ignored: number
  /** Frames that made no sense: each costs the connection. */
  malformed: number
}

export function noCounts(): WebSocketTransportStatistics {
  return {
    connections: 0,
    messagesIn: 0,
    messagesOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    dropped: 0,
    ignored: 0,
    malformed: 0,
  }
}
