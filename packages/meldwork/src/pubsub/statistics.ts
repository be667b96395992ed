/** Counts since the transport was made. */
export interface TopicTransportStatistics {
  /** Connections that a broker accepted. */
  connections: number
  /** Those of the app, without presence. */
  messagesIn: number
  messagesOut: number
  bytesIn: number
  bytesOut: number
  /** Messages not sent: not connected, the send buffer full, too long, to nobody, or not taken by the broker. */
  dropped: number
  /** Messages that made no sense: of somebody else on these topics. */
  malformed: number
}

export const noCounts = (): TopicTransportStatistics => ({
  connections: 0,
  messagesIn: 0,
  messagesOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  dropped: 0,
  malformed: 0,
})
