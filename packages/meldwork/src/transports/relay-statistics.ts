/** Counts since the relay began, except the first three, which are of now. Flat, for a health page or metrics. */
export interface RelayStatistics {
  connections: number
  channels: number
  members: number
  accepted: number
  /** Connections and memberships that were not let in. */
  refused: number
  messagesIn: number
  bytesIn: number
  messagesOut: number
  bytesOut: number
  /** Messages dropped because the sender was too fast. */
  droppedRate: number
  /** Messages dropped because the receiver was too slow, counted for each receiver. */
  droppedSlow: number
  /** Messages dropped because they were longer than allowed. */
  droppedLong: number
  /** Messages dropped because sender or receiver is not, or no longer, a member. */
  droppedAbsent: number
  /** Connections closed because of what they sent. */
  malformed: number
  /** Frames of unknown type, skipped. */
  unknown: number
}

/** What the parts of a relay count; the rest of its statistics it finds by looking. */
export type RelayCounts = Omit<RelayStatistics, 'connections' | 'channels' | 'members'>

export function noCounts(): RelayCounts {
  return {
    accepted: 0,
    refused: 0,
    messagesIn: 0,
    bytesIn: 0,
    messagesOut: 0,
    bytesOut: 0,
    droppedRate: 0,
    droppedSlow: 0,
    droppedLong: 0,
    droppedAbsent: 0,
    malformed: 0,
    unknown: 0,
  }
}
