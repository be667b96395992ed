import type { PeerId } from '../ports/index.js'
import { type Announced, readPresence } from '../sync/index.js'

/** The connections by their place, as a set: bit 0 is the first. */
export type Places = number

/** Another clone on one of the connections. */
export interface Member {
  /** Its place. */
  readonly place: number
  readonly peer: PeerId
}

/** To which connections an operation is to be forwarded. */
export interface Route {
  readonly now: Places
  /** Where another clone is to do it: only if it has not come from there after a while. */
  readonly later: Places
}

/**
 * By which connections which clone is reached. One that is on several is told of by all of them, under one id: the first connection in the app's order that works
 * is the one by which it is reached, and by the others it is spared. It says how many connections it has lost: a channel that says fewer than another
 * shows it as it was.
 */
export class Ways {
  private readonly channelCheck: number
  /** Its own. */
  private readonly id: string
  /** By place. */
  private readonly members: ReadonlyMap<PeerId, Announced>[]
  /** Where each clone of several connections is reached, by its id. */
  private readonly reached = new Map<string, Places>()
  private readonly routes = new Map<Places, Route>()

  constructor(channelCheck: number, id: string, count: number) {
    this.channelCheck = channelCheck
    this.id = id
    this.members = Array.from({ length: count }, () => new Map())
  }

  /** A connection says who is there. To be followed by {@link arrange}. */
  set(place: number, peers: ReadonlyMap<PeerId, Uint8Array>): void {
    this.members[place] = new Map(
      Array.from(peers, ([peer, payload]) => [peer, readPresence(payload, this.channelCheck)]),
    )
  }

  /** @param works whether somebody can be reached there at all */
  arrange(works: (member: Member) => boolean): void {
    const losses = new Map<string, number>()
    for (const [, { clone }] of this.all())
      if (clone !== undefined) losses.set(clone.id, Math.max(losses.get(clone.id) ?? 0, clone.losses))
    this.reached.clear()
    for (const [member, { clone }] of this.all())
      if (clone !== undefined && clone.losses === losses.get(clone.id) && works(member))
        this.reached.set(clone.id, this.at(clone.id) | bit(member.place))
    this.routes.clear()
  }

  private *all(): Iterable<readonly [Member, Announced]> {
    for (const [place, members] of this.members.entries())
      for (const [peer, announced] of members) yield [{ place, peer }, announced]
  }

  private at(id: string | undefined): Places {
    return id === undefined ? 0 : (this.reached.get(id) ?? 0)
  }

  private idOf({ place, peer }: Member): string | undefined {
    return this.members[place].get(peer)?.clone?.id
  }

  /** How many are on a connection. */
  count(place: number): number {
    return this.members[place].size
  }

  /** Those on a connection who are reached by another one. */
  spared(place: number): ReadonlySet<PeerId> {
    const spared = new Set<PeerId>()
    for (const [peer, { clone }] of this.members[place]) {
      const places = this.at(clone?.id)
      if (places !== 0 && first(places) !== bit(place)) spared.add(peer)
    }
    return spared
  }

  /** Where a clone is: it tells those who are there itself of what it sends. */
  placesOf(member: Member): Places {
    return this.at(this.idOf(member)) | bit(member.place)
  }

  /**
   * Where an operation is still to be told.
   * @param heard where everybody knows it
   */
  route(heard: Places): Route {
    let route = this.routes.get(heard)
    if (route === undefined) {
      route = { now: 0, later: 0 }
      for (const place of this.members.keys()) {
        if ((heard & bit(place)) !== 0) continue
        const { isNeeded, isOther } = this.needs(place, heard)
        if (isNeeded)
          route = isOther ? { ...route, later: route.later | bit(place) } : { ...route, now: route.now | bit(place) }
      }
      this.routes.set(heard, route)
    }
    return route
  }

  /** Whether somebody there has not heard it, and is not told by another connection; and whether others who have heard it are there, one of whom is to tell. */
  private needs(place: number, heard: Places): { isNeeded: boolean; isOther: boolean } {
    let isNeeded = false
    let isOther = false
    for (const { clone } of this.members[place].values()) {
      const places = this.at(clone?.id)
      if ((places & heard) !== 0) isOther ||= (places & bit(place)) !== 0 && clone!.id < this.id
      else isNeeded ||= places === 0 || first(places) === bit(place)
    }
    return { isNeeded, isOther }
  }

  /**
   * Members by the clone that they are: each clone once, the member by which it is reached first.
   * @param members in any order
   */
  byClone<M extends Member>(members: Iterable<M>): M[][] {
    const clones = new Map<unknown, M[]>()
    for (const member of members) {
      const key = this.idOf(member) ?? member
      const known = clones.get(key)
      if (known === undefined) clones.set(key, [member])
      else if (first(this.at(key as string)) === bit(member.place)) known.unshift(member)
      else known.push(member)
    }
    return [...clones.values()]
  }

  /** Who is there, each clone once, with what its app announced. */
  get present(): readonly { readonly peer: PeerId; readonly data: Announced['data'] }[] {
    const members = Array.from(this.all(), ([member, { data }]) => ({ ...member, data }))
    return this.byClone(members).map(([{ peer, data }]) => ({ peer, data }))
  }
}

export const bit = (place: number): Places => 1 << place
const first = (places: Places): Places => places & -places
