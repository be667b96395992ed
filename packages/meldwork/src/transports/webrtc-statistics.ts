/** Counts since the transport was made. */
export interface WebRtcTransportStatistics {
  /** Peer connections that are open now. Two transports share one, however many channels they share. */
  links: number
  /** Peer connections that opened. */
  opened: number
  /** Attempts that did not open, and connections that were lost or closed by the other end. */
  failed: number
  /** Messages that came directly. */
  messagesIn: number
  /** Messages that went directly, counted for each receiver. */
  messagesOut: number
  bytesIn: number
  bytesOut: number
  /** Messages given to the other transport: published to all, or sent to one. */
  fallback: number
  /** Offers, answers and the like, given to the other transport. */
  signalsOut: number
  /** Messages not sent: longer than allowed, or a connection's send buffer was full. */
  dropped: number
  /** Messages and signals from others for nobody here: most are of somebody who has just left. */
  ignored: number
  /** Signals that were not followed: too many, or not that peer's to give. */
  refused: number
  /** What made no sense. On a peer connection it costs the connection. */
  malformed: number
}

export function noCounts(): WebRtcTransportStatistics {
  return {
    links: 0,
    opened: 0,
    failed: 0,
    messagesIn: 0,
    messagesOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    fallback: 0,
    signalsOut: 0,
    dropped: 0,
    ignored: 0,
    refused: 0,
    malformed: 0,
  }
}
