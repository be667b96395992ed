import type { DigestValue } from '../graph/index.js'
import type { PeerId } from '../ports/index.js'

/** How many of those that have left are remembered, since messages of theirs may still come. */
const mostGone = 1000
/** After a peer had nothing to give it is left alone this long, doubling each time up to the second. */
const inVainMs = 1_000
const mostInVainMs = 240_000

/** Another member of the channel, as the session knows it. */
export interface Peer {
  vectorDigest: readonly [number, number] | undefined
  stateDigest: DigestValue | undefined
  /** Names the rules in force there, by its last hello; undefined before. */
  rulesDigest: number | undefined
  /** How many counters its vector covered, by its last hello; -1 before the first. */
  covered: number
  /** How many more were covered here then, and when that was. Below 0 when it had more. */
  lag: { readonly counters: number; readonly atMs: number } | undefined
  /** Whether its last hello differed from what was here then, and it has not been asked since. */
  differs: boolean
  /** When it is asked for that, once this clone is up to date: most differences pass by themselves. */
  dueMs: number
  /** It is known to have more: in these parts of the vector, or somewhere in it. */
  hasMore: { readonly parts: readonly number[] | undefined } | undefined
  /** Whether, by its last hello, it is new and still waits to be given what the domain holds. */
  isNew: boolean
  /** Whether it keeps what those beside it write. */
  keeps: boolean
  /** Not before then is it asked again. */
  notBeforeMs: number
  /** Whether the clone reaches it by another connection. */
  isSpared: boolean
  /** Since when a question by this connection (a greeting, a probe) has no answer; 0 when there is none. */
  awaitedMs: number
  /** It has been silent: where it is reached by another connection, too, that one is used, until then, and until it is heard of. 0 when it has not. */
  doubtedUntilMs: number
  /** How often in a row it had nothing to give although it differs: a difference that asking does not mend is asked about ever more rarely. */
  inVain: number
}

/** The other members of the channel. */
export class Peers implements Iterable<readonly [PeerId, Peer]> {
  private readonly present = new Map<PeerId, Peer>()
  /** Those that have left, the latest of them. */
  private readonly gone = new Set<PeerId>()
  /** Those on the channel who mean another domain. */
  private readonly strangers = new Set<PeerId>()

  get count(): number {
    return this.present.size
  }

  has(id: PeerId): boolean {
    return this.present.has(id)
  }

  get ids(): PeerId[] {
    return [...this.present.keys()]
  }

  /** Those whom the clone reaches by this connection, and by none that is rather used. */
  get served(): PeerId[] {
    return this.ids.filter(id => !this.present.get(id)!.isSpared)
  }

  [Symbol.iterator](): IterableIterator<[PeerId, Peer]> {
    return this.present.entries()
  }

  /** A message can overtake the news of its sender's arrival; and it can come when its sender has gone, who is not to be waited for then. */
  of(id: PeerId): Peer {
    let peer = this.present.get(id)
    if (peer === undefined) {
      peer = {
        vectorDigest: undefined,
        stateDigest: undefined,
        rulesDigest: undefined,
        covered: -1,
        lag: undefined,
        differs: false,
        dueMs: 0,
        hasMore: undefined,
        isNew: true,
        keeps: false,
        notBeforeMs: 0,
        isSpared: false,
        awaitedMs: 0,
        doubtedUntilMs: 0,
        inVain: 0,
      }
      if (!this.gone.has(id) && !this.strangers.has(id)) this.present.set(id, peer)
    }
    return peer
  }

  /** Who is there now. @returns those who were not known */
  set(present: { has(id: PeerId): boolean; keys(): Iterable<PeerId> }): PeerId[] {
    for (const id of this.present.keys()) if (!present.has(id)) this.forget(id)
    for (const id of this.strangers) if (!present.has(id)) this.strangers.delete(id)
    const arrived: PeerId[] = []
    for (const id of present.keys()) {
      this.gone.delete(id)
      if (!this.present.has(id) && !this.strangers.has(id)) arrived.push(id)
    }
    for (const id of arrived) this.of(id)
    return arrived
  }

  /** This one means another domain: it is as if it were not there. */
  estrange(id: PeerId): void {
    this.present.delete(id)
    this.strangers.add(id)
    if (this.strangers.size > mostGone) this.strangers.delete(this.strangers.keys().next().value!)
  }

  private forget(id: PeerId): void {
    this.present.delete(id)
    this.gone.add(id)
    if (this.gone.size > mostGone) this.gone.delete(this.gone.keys().next().value!)
  }

  clear(): void {
    this.present.clear()
    this.strangers.clear()
  }
}

/** Up to so many of them, by chance. Changes the array. @param random from 0 up to 1 */
export function some(count: number, ids: PeerId[], random: () => number): PeerId[] {
  for (let i = 0; i < Math.min(count, ids.length); i++) {
    const other = i + Math.floor(random() * (ids.length - i))
    ;[ids[i], ids[other]] = [ids[other], ids[i]]
  }
  return ids.slice(0, count)
}

/** A peer had nothing to give: it is left alone, each time for longer. */
export function backOff(peer: Peer, nowMs: number): void {
  peer.notBeforeMs = nowMs + Math.min(inVainMs * 2 ** peer.inVain++, mostInVainMs)
}
