import { encodeFrame } from '../codec/index.js'
import type { Connection } from './relay-connection.js'
import type { RelaySettings } from './relay-options.js'
import { Member, type Receiver, Room } from './relay-room.js'
import type { RelayCounts } from './relay-statistics.js'

/** The channels of a relay: what a member says reaches the others of its room only. */
export class Channels {
  private readonly settings: RelaySettings
  private readonly counts: RelayCounts
  /** By name; a channel without members has none. */
  private readonly rooms = new Map<string, Room>()
  /** Members in rooms, by number. */
  private readonly members = new Map<number, Member>()
  private lastNumber = 0

  constructor(settings: RelaySettings, counts: RelayCounts) {
    this.settings = settings
    this.counts = counts
  }

  get channelCount(): number {
    return this.rooms.size
  }

  get memberCount(): number {
    return this.members.size
  }

  /** Begins a membership, under a handle that is free. It counts for nothing until the member enters. */
  propose(connection: Connection, handle: number, channel: string, payload: Uint8Array): Member {
    // A copy: the payload is a view into a buffer that may be much larger.
    const member = new Member(connection, handle, channel, payload.slice())
    connection.memberships.set(handle, member)
    return member
  }

  enter(member: Member): void {
    const { connection, channel, handle } = member
    const room = this.rooms.get(channel) ?? new Room(channel, ++this.lastNumber)
    this.rooms.set(channel, room)
    member.number = ++this.lastNumber
    member.peer = `${connection.id}-${member.number.toString(36)}`
    const joined = { handle, channel: room.number, member: member.number, peer: member.peer }
    this.members.set(member.number, member)
    room.add(member)
    connection.tell(encodeFrame({ type: 'joined', ...joined }))
    for (const frame of room.listing()) connection.tell(frame)
    this.show(member, connection)
  }

  leave(connection: Connection, handle: number): void {
    const member = connection.memberships.get(handle)
    if (member === undefined) return
    connection.memberships.delete(handle)
    const room = member.room
    if (room === undefined) return
    this.members.delete(member.number)
    room.delete(member)
    if (room.members.size === 0) this.rooms.delete(room.channel)
    const frame = encodeFrame({ type: 'absent', member: member.number })
    for (const receiver of room.connections.keys()) receiver.tell(frame)
  }

  leaveAll(connection: Connection): void {
    for (const handle of [...connection.memberships.keys()]) this.leave(connection, handle)
  }

  announce(connection: Connection, handle: number, payload: Uint8Array): void {
    const member = connection.memberships.get(handle)
    if (member === undefined) return
    member.payload = payload.slice()
    this.show(member)
  }

  publish(connection: Connection, handle: number, payload: Uint8Array): void {
    const member = this.sender(connection, handle, payload)
    if (member?.room === undefined) return
    const frame = encodeFrame({ type: 'message', from: member.number, payload })
    for (const [receiver, memberCount] of member.room.connections) {
      // One frame serves all members of a connection; its client keeps it from the sender.
      if (receiver !== connection || memberCount > 1) receiver.deliver(frame)
    }
  }

  send(connection: Connection, handle: number, to: number, payload: Uint8Array): void {
    const member = this.sender(connection, handle, payload)
    if (member === undefined) return
    const receiver = this.members.get(to)
    if (receiver === undefined || receiver === member || receiver.room !== member.room) {
      this.counts.droppedAbsent++
      return
    }
    const frame = { type: 'direct', handle: receiver.handle, from: member.number, payload } as const
    receiver.connection.deliver(encodeFrame(frame))
  }

  /** The member behind a handle, if it may send this now. */
  private sender(connection: Connection, handle: number, payload: Uint8Array): Member | undefined {
    this.counts.messagesIn++
    this.counts.bytesIn += payload.length
    const member = connection.memberships.get(handle)
    if (payload.length > this.settings.maxMessageBytes) this.counts.droppedLong++
    else if (member?.room === undefined) this.counts.droppedAbsent++
    else return member
    return undefined
  }

  /** Tells the room of a new member, or of its new payload; except a connection that knows. */
  private show(member: Member, informed?: Receiver): void {
    const { room, number, peer, payload } = member
    if (room === undefined) return
    const frame = { type: 'present', channel: room.number, members: [{ member: number, peer, payload }] } as const
    const bytes = encodeFrame(frame)
    for (const receiver of room.connections.keys()) if (receiver !== informed) receiver.tell(bytes)
  }
}
