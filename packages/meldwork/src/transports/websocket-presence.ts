import type { PresentMember } from '../codec/index.js'
import { type LocalMember, Room } from './websocket-room.js'

/** Who is where, as one connection tells it. Numbers are those that the relay gave. */
export class Presence {
  /** By number of the channel: those in which a member of this end is. */
  private readonly rooms = new Map<number, Room>()
  /** Where each member is, by number. */
  private readonly places = new Map<number, Room>()

  /** The relay has let a member of this end into a channel, under a number. */
  joined(local: LocalMember, channel: number, number: number): void {
    const room = this.rooms.get(channel) ?? new Room()
    this.rooms.set(channel, room)
    room.local.add(local)
    local.room = room
    local.number = number
  }

  /** A member of this end has left. */
  left(local: LocalMember): void {
    const { room } = local
    if (room === undefined || room.local.size > 0) return
    for (const [number, each] of this.rooms) if (each === room) this.rooms.delete(number)
    for (const member of room.members.keys()) this.places.delete(member)
  }

  /** These are there, perhaps with new payloads. @returns false for more than can be believed */
  present(channel: number, members: readonly PresentMember[]): boolean {
    const room = this.rooms.get(channel)
    if (room === undefined) return true
    let news = false
    for (const { member, peer, payload } of members) {
      if (room.show(member, peer, payload)) news = true
      this.places.set(member, room)
    }
    if (this.places.size > maxKnownMembers) return false
    for (const local of [...room.local]) {
      // A member that sees itself has seen everyone who was there before.
      const enters = !local.entered && local.number !== undefined && room.members.has(local.number)
      if (enters) local.enter()
      if (enters || (news && local.entered)) local.showPeers()
    }
    return true
  }

  absent(member: number): void {
    const room = this.places.get(member)
    if (room === undefined) return
    this.places.delete(member)
    room.delete(member)
    for (const local of [...room.local]) if (local.entered) local.showPeers()
  }

  /** Gives a message to those who share a room with its sender. @returns whether the sender is known */
  message(from: number, payload: Uint8Array): boolean {
    const room = this.places.get(from)
    const peer = room?.members.get(from)?.peer
    if (room === undefined || peer === undefined) return false
    for (const local of room.local) {
      if (local.number !== from && local.entered) local.hear(peer, payload)
    }
    return true
  }

  /** Gives a message to one member of this end. @returns whether it may have it */
  direct(local: LocalMember, from: number, payload: Uint8Array): boolean {
    const peer = local.room?.members.get(from)?.peer
    if (peer === undefined || !local.entered || from === local.number) return false
    local.hear(peer, payload)
    return true
  }
}

const maxKnownMembers = 100_000
