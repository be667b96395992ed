import { encodeFrame, type PresentMember, relayBounds } from '../codec/index.js'

/** What a room needs of the connections that have members in it. */
export interface Receiver {
  readonly id: string
  /** Sends a message, or drops it when the receiver is too slow. */
  deliver(frame: Uint8Array): void
  /** Sends what must not be lost. */
  tell(frame: Uint8Array): void
}

/** One membership of one connection; in a room as soon as it has been allowed. */
export class Member {
  readonly connection: Receiver
  readonly handle: number
  readonly channel: string
  payload: Uint8Array
  room: Room | undefined
  number = 0
  peer = ''

  constructor(connection: Receiver, handle: number, channel: string, payload: Uint8Array) {
    this.connection = connection
    this.handle = handle
    this.channel = channel
    this.payload = payload
  }
}

/** A channel that has members. */
export class Room {
  readonly channel: string
  readonly number: number
  readonly members = new Set<Member>()
  /** The connections that have members here, with their number. */
  readonly connections = new Map<Receiver, number>()

  constructor(channel: string, number: number) {
    this.channel = channel
    this.number = number
  }

  add(member: Member): void {
    member.room = this
    this.members.add(member)
    this.connections.set(member.connection, (this.connections.get(member.connection) ?? 0) + 1)
  }

  delete(member: Member): void {
    member.room = undefined
    this.members.delete(member)
    const left = (this.connections.get(member.connection) ?? 0) - 1
    if (left > 0) this.connections.set(member.connection, left)
    else this.connections.delete(member.connection)
  }

  /** All members as `present` frames, none much longer than the shortest limit on messages allows. */
  *listing(): Generator<Uint8Array> {
    let members: PresentMember[] = []
    let payloadBytes = 0
    for (const { number, peer, payload } of this.members) {
      members.push({ member: number, peer, payload })
      payloadBytes += payload.length + 64
      if (payloadBytes < relayBounds.minMessage / 2) continue
      yield encodeFrame({ type: 'present', channel: this.number, members })
      members = []
      payloadBytes = 0
    }
    if (members.length > 0) yield encodeFrame({ type: 'present', channel: this.number, members })
  }
}
