/** What all topics begin with: as `MqttTransport` has it when it is not told otherwise. */
const prefix = 'meldwork/1/'

/** Where a topic of {@link MqttTransport} belongs. */
export type MqttPlace =
  /** Of the connection that has ended; `+`: of any. */
  | { readonly kind: 'gone'; readonly connection: string }
  /** `peer`: whose it is; `+`: of any. */
  | { readonly kind: 'all' | 'here' | 'to'; readonly channel: string; readonly peer: string }

/** @returns undefined for a topic that is none of these */
export function placeOf(topic: string): MqttPlace | undefined {
  if (!topic.startsWith(prefix) || topic.length > 256) return undefined
  const [first, channel, kind, peer = '', ...more] = topic.slice(prefix.length).split('/')
  if (first === 'gone')
    return kind === undefined && channel !== undefined ? { kind: 'gone', connection: channel } : undefined
  if (first !== 'channels' || more.length > 0 || !/^[A-Za-z0-9_-]{1,64}$/.test(channel ?? '')) return undefined
  if (kind === 'all') return peer === '' ? { kind, channel, peer } : undefined
  if (kind !== 'here' && kind !== 'to') return undefined
  return peer === anyPart || /^[0-9a-f]{16}-\d{1,10}$/.test(peer) ? { kind, channel, peer } : undefined
}

export const anyPart = '+'

/** Whether a peer is a member of a connection. */
export const isPeerOf = (peer: string, connection: string) => peer.startsWith(`${connection}-`)

/** What an `MqttTransport` calls its connections. */
export const isConnection = (id: string) => /^[0-9a-f]{16}$/.test(id)
