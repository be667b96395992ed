import type { PeerId } from '../ports/index.js'
import { readPresence } from '../sync/index.js'
import type { Present } from './presence.js'

/** The connections by their place, as a set: bit 0 is the first. */
export type Places = number

/** Another clone on one of the connections. */
export interface Member extends Present {
  /** Of the connection. */
  readonly place: number
  /** Of a clone that is on several connections. */
  readonly id: string | undefined
  /** How often that one has lost a connection, as far as this connection knows. */
  readonly losses: number
}

/** Another clone. */
export interface Reached {
  readonly id: string | undefined
  /** Where it is, the member first by which it is reached. */
  readonly members: Member[]
  losses: number
  /** Where it can be reached. None, where it is on one connection only: nobody else knows of that. */
  places: Places
}

/**
 * By which connections which clone is reached. One that is on several is told of by all of them, under one id: the first connection in the app's order that works
 * is the one by which it is reached, and by the others it is spared. It says how many connections it has lost: a channel that says fewer than another
 * shows it as it was.
 */
export class Ways {
  /** All other clones that are announced. */
  clones: readonly Reached[] = []
  private readonly channelCheck: number
  /** Its own. */
  private readonly id: string
  /** By place. */
  private readonly members: ReadonlyMap<PeerId, Member>[]
  private readonly byMember = new Map<Member, Reached>()
  private readonly routes = new Map<Places, readonly [now: Places, later: Places]>()

  constructor(channelCheck: number, id: string, count: number) {
    this.channelCheck = channelCheck
    this.id = id
    this.members = Array.from({ length: count }, () => new Map())
  }

  /** A connection says who is there. To be followed by {@link arrange}. */
  set(place: number, peers: ReadonlyMap<PeerId, Uint8Array>): void {
    this.members[place] = new Map(
      Array.from(peers, ([peer, payload]) => [peer, { place, peer, ...readPresence(payload, this.channelCheck) }]),
    )
  }

  /** @param works whether somebody can be reached there at all */
  arrange(works: (member: Member) => boolean): void {
    const clones = new Map<unknown, Reached>()
    this.byMember.clear()
    this.routes.clear()
    for (const members of this.members)
      for (const member of members.values()) {
        const { id, losses, place } = member
        const key = id ?? member
        const clone = clones.get(key) ?? { id, members: [], losses: 0, places: 0 }
        clones.set(key, clone)
        this.byMember.set(member, clone)
        if (losses > clone.losses) {
          clone.losses = losses
          clone.places = 0
        }
        if (id !== undefined && losses === clone.losses && works(member)) {
          // Of the connections in their order, the first.
          if (clone.places === 0) clone.members.unshift(member)
          else clone.members.push(member)
          clone.places |= bit(place)
        } else clone.members.push(member)
      }
    this.clones = [...clones.values()]
  }

  /** How many are on a connection. */
  count(place: number): number {
    return this.members[place].size
  }

  private placesOf(member: Member | undefined): Places {
    return (member && this.byMember.get(member)?.places) ?? 0
  }

  /** Those on a connection who are reached by another one. */
  spared(place: number): ReadonlySet<PeerId> {
    const spared = new Set<PeerId>()
    for (const [peer, member] of this.members[place]) if (isOver(this.placesOf(member), place)) spared.add(peer)
    return spared
  }

  /** Where a member of a connection is: it tells those who are there itself of what it sends. */
  places(place: number, peer: PeerId): Places {
    return this.placesOf(this.members[place].get(peer)) | bit(place)
  }

  /**
   * Where an operation is still to be told: now; and where another clone is to do it, later, if it has not come from there.
   * @param heard where everybody knows it
   */
  route(heard: Places): readonly [now: Places, later: Places] {
    const known = this.routes.get(heard)
    if (known !== undefined) return known
    let [now, later] = [0, 0]
    for (const [place, members] of this.members.entries()) {
      let isNeeded = false
      let isOther = false
      for (const member of members.values()) {
        const places = this.placesOf(member)
        if ((places & heard) === 0) isNeeded ||= !isOver(places, place)
        else isOther ||= (places & bit(place)) !== 0 && member.id! < this.id
      }
      if (!isNeeded || (heard & bit(place)) !== 0) continue
      if (isOther) later |= bit(place)
      else now |= bit(place)
    }
    this.routes.set(heard, [now, later])
    return [now, later]
  }
}

export const bit = (place: number): Places => 1 << place

/** Whether the first of these is another place. */
const isOver = (places: Places, place: number): boolean => places !== 0 && (places & -places) !== bit(place)
