import { PlainCopy } from './plain-copy.js'
import type { SimulatedClone, SimulatedDurability, SimulatedUpdate } from './simulated-clone.js'
import type { VirtualTime } from './virtual-time.js'

/** Where a clone lives, as a witness sees it. */
export interface Place {
  readonly name: string
  readonly clone: SimulatedClone | undefined
  /** What a follower that applied every update since the opening has now. */
  readonly copyOfState: PlainCopy | undefined
  /** How many batches its disk was called with, and how many of them it has answered. */
  readonly batches: { readonly called: number; readonly answered: number }
}

/** What was promised of something that was acknowledged: it grows when its clone promises as much, or more, of something later. */
interface Promised {
  readonly by: Place
  durability: SimulatedDurability
  /** Of all that the witness has numbered, where it had been written at the latest. */
  readonly order: number
}

const levels: readonly SimulatedDurability[] = ['none', 'written', 'flushed']
const isWeaker = (one: SimulatedDurability, other: SimulatedDurability) => levels.indexOf(one) < levels.indexOf(other)

/**
 * What one write leaves behind so that it can be followed: two subjects that nothing else writes. Both are visible, or none.
 */
export interface Mark {
  readonly id: string
  readonly site: Place
  readonly subjects: readonly [MarkSubject, MarkSubject]
  /**
   * `open`: neither rejected nor known to be durable; if something is {@link promised}, it was acknowledged as nothing. `doubtful`: the clone died before it could
   * say. `certain`: as durable as promised. `escaped`: the clone died after the disk had answered, and others may have heard of it. `exposed`: others may
   * have it, though a power cut may have taken it, or no disk has answered. `absent`: rejected, or lost in a crash before anybody saw it. `either`: a power cut or a restored backup may have left it with
   * others, or with nobody.
   */
  state: 'open' | 'doubtful' | 'escaped' | 'exposed' | 'certain' | 'absent' | 'either'
  /** What its write asked for, and what was promised. */
  readonly asked: SimulatedDurability
  promised: Promised | undefined
  deletion: 'none' | 'open' | 'certain' | 'either'
  deletedBy: Place | undefined
  deletionPromised: Promised | undefined
  /** Its number among all that the witness has numbered: it is written later. */
  readonly order: number
  /** How many batches its disk was called with before it was written: it is in a later one. */
  readonly batchesBefore: number
}

/** Marks by what a site did to them. */
export interface Durable {
  readonly written: ReadonlySet<Mark>
  readonly deleted: ReadonlySet<Mark>
}

type MarkSubject = {
  readonly '@id': string
  readonly of: string
}

/**
 * Sees everything that happens in a simulation, and says what must not be:
 *
 * - an update that is not the exact difference, comes before it is readable, half of a transaction, or with ticks that do not grow
 * - something seen at another clone before it was durable where it was written, or in spite of having been rejected; something gone that nobody has deleted
 * - in the end: unequal clones, a follower's copy unlike what the clone shows, an acknowledged write or deletion without effect: but for what was
 *   acknowledged as `written` and taken by a power cut, or as `none` and taken by the death of the process or a failing disk, and is with nobody else
 */
export class Witness {
  readonly trace: string[] = []
  readonly violations: string[] = []
  /** Whether clones have been made to write under one id. */
  forksAllowed = false
  /** Whether a disk has lost something that operations elsewhere may wait for. */
  isLossPossible = false
  /** Whether a member of the channel sends what is to be refused. */
  areStrangersThere = false
  /** Acknowledged writes that were lost where clones have been made to write under one id, and then were restarted, copied, or taken away. */
  readonly lostToForks = new Set<string>()
  writes = 0
  joins = 0
  rollbacks = 0
  powerCuts = 0
  /** Writes that a rule refused. */
  refusals = 0
  private readonly time: VirtualTime
  private readonly marks = new Map<string, Mark>()
  /** How much has been numbered. */
  private order = 0
  /** Places that have lost their power, and have not been opened since. */
  private readonly dark = new Set<Place>()
  private readonly lastTicks = new Map<SimulatedClone, number>()

  constructor(time: VirtualTime) {
    this.time = time
  }

  say(text: string): void {
    this.trace.push(`${Math.round(this.time.nowMs)}: ${text}`)
  }

  violation(text: string): void {
    this.violations.push(`${Math.round(this.time.nowMs)}: ${text}`)
  }

  stopWhenWrong(): void {
    if (this.violations.length > 0) throw new Error('a violation')
  }

  // --- marks

  /** @param asked how durable it is to be when it is acknowledged */
  newMark(site: Place, asked: SimulatedDurability): Mark {
    const id = `m${this.marks.size + 1}${site.name}`
    const subjects = [
      { '@id': id, of: id },
      { '@id': `${id}-too`, of: id },
    ] as const
    const mark: Mark = {
      id,
      site,
      subjects,
      state: 'open',
      asked,
      promised: undefined,
      deletion: 'none',
      deletedBy: undefined,
      deletionPromised: undefined,
      order: this.next(),
      batchesBefore: site.batches.called,
    }
    this.marks.set(id, mark)
    return mark
  }

  /** Numbers something: what is numbered later comes later. */
  next(): number {
    return ++this.order
  }

  acknowledged(mark: Mark): void {
    const { site: by, asked, order } = mark
    // A draft is written some time after its mark is made.
    mark.promised = { by, durability: asked, order: this.next() }
    if (asked !== 'none') mark.state = 'certain'
    this.strengthen(by, asked, order)
  }

  /** What a site has written before is now at least so durable: whatever it asked for, all go one way. */
  private strengthen(by: Place, durability: SimulatedDurability, before: number): void {
    if (durability === 'none') return
    for (const mark of this.marks.values())
      for (const promised of [mark.promised, mark.deletionPromised]) {
        if (promised === undefined || promised.by !== by || promised.order >= before) continue
        if (isWeaker(promised.durability, durability)) promised.durability = durability
        if (promised === mark.promised && mark.state === 'open') mark.state = 'certain'
      }
  }

  rejected(mark: Mark): void {
    mark.state = 'absent'
  }

  deleting(mark: Mark, site: Place): void {
    mark.deletion = 'open'
    mark.deletedBy = site
  }

  deleted(mark: Mark, site: Place, asked: SimulatedDurability): void {
    if (mark.deletion !== 'open' || mark.deletedBy !== site) return
    mark.deletion = 'certain'
    mark.deletionPromised = { by: site, durability: asked, order: this.next() }
  }

  /** Those that a site's clone shows and that nobody has begun to delete. */
  presentMarks(site: Place): Mark[] {
    return [...this.marks.values()].filter(
      ({ id, deletion, state }) => deletion === 'none' && state === 'certain' && site.clone?.get(id) !== undefined,
    )
  }

  /** Those of a site that can be read there, and are not acknowledged. */
  undecidedMarks(site: Place): Mark[] {
    return [...this.marks.values()].filter(
      mark =>
        mark.site === site &&
        mark.state === 'open' &&
        mark.promised === undefined &&
        site.clone?.get(mark.id) !== undefined,
    )
  }

  /** @param before the number that was next when it began to */
  flushed(site: Place, marks: readonly Mark[], before: number): void {
    for (const mark of marks)
      if (mark.state === 'open' && mark.promised === undefined)
        this.violation(`${site.name} has flushed, but ${mark.id} is not acknowledged`)
    this.strengthen(site, 'flushed', before)
  }

  /** What a site has made durable: a backup of this moment keeps it. */
  durableAt(site: Place): Durable {
    const marks = [...this.marks.values()]
    // What was acknowledged as nothing may not be on the disk yet.
    const isKept = (promised: Promised | undefined) => promised !== undefined && promised.durability !== 'none'
    const isDeleted = ({ deletedBy, deletion, deletionPromised }: Mark) =>
      deletedBy === site && deletion === 'certain' && isKept(deletionPromised)
    return {
      written: new Set(marks.filter(mark => mark.site === site && mark.state === 'certain')),
      deleted: new Set(marks.filter(isDeleted)),
    }
  }

  // --- what happens

  /** A clone has died, or was closed: nobody knows what became of its open writes. To be called before its disk forgets. */
  crashed(site: Place): void {
    const { answered } = site.batches
    for (const mark of this.marks.values()) {
      if (mark.site === site && mark.state === 'open')
        mark.state = answered > mark.batchesBefore ? 'escaped' : 'doubtful'
      if (mark.deletedBy === site) this.doubtDeletion(mark, 'written')
    }
  }

  /** To be called after {@link crashed}. @param lost how many batches its disk has lost that were written */
  lostPower(site: Place, lost: number): void {
    this.powerCuts++
    // Others may have a part of what is lost, and wait for the rest.
    if (lost > 0) this.isLossPossible = true
    this.dark.add(site)
    for (const mark of this.marks.values()) {
      if (mark.deletedBy === site) this.doubtDeletion(mark, 'flushed')
      if (mark.site !== site) continue
      if (mark.state === 'certain' && mark.promised?.durability !== 'flushed') mark.state = 'exposed'
      // What asked to be flushed has not left before it was.
      if (mark.state === 'escaped' && mark.asked !== 'flushed') mark.state = 'exposed'
    }
  }

  /** A deletion stays only if so much was promised. */
  private doubtDeletion(mark: Mark, least: SimulatedDurability): void {
    const { deletion, deletionPromised } = mark
    const isWeak = deletionPromised === undefined || isWeaker(deletionPromised.durability, least)
    if (deletion === 'open' || (deletion === 'certain' && isWeak)) mark.deletion = 'either'
  }

  /** A backup has taken the place of a disk: what only the disk held is lost. */
  restored(site: Place, kept: Durable): void {
    this.isLossPossible = true
    for (const mark of this.marks.values()) {
      if (mark.site === site && mark.state !== 'absent' && !kept.written.has(mark)) mark.state = 'either'
      // A backup that is brought back is flushed.
      for (const promised of [mark.promised, mark.deletionPromised])
        if (promised?.by === site) promised.durability = 'flushed'
      if (mark.deletedBy === site && !kept.deleted.has(mark)) mark.deletion = 'either'
    }
  }

  /** The disk of a site that is not open has been copied: what came through the death of its process may be seen elsewhere. */
  copied(site: Place): void {
    for (const mark of this.marks.values())
      if (mark.site === site && (mark.state === 'doubtful' || mark.state === 'escaped')) mark.state = 'exposed'
  }

  /** A clone has been opened: what it shows of its doubtful writes is durable, the rest is lost. */
  opened(site: Place, clone: SimulatedClone): void {
    // A power cut leaves only what no other takes; a process may have died before what it leaves was flushed.
    const durability = this.dark.delete(site) ? 'flushed' : 'written'
    const order = this.next()
    for (const mark of this.marks.values()) {
      if (mark.site !== site) continue
      const isThere = clone.get(mark.id) !== undefined
      if (mark.state === 'doubtful' || mark.state === 'escaped') mark.state = isThere ? 'certain' : 'absent'
      if (mark.state === 'exposed') mark.state = isThere ? 'certain' : 'either'
      const mustBeThere = mark.state === 'certain' && mark.deletion === 'none' && !this.forksAllowed
      if (mustBeThere && !isThere) this.violation(`${site.name} has lost ${mark.id}, which was acknowledged`)
      if (isThere && (mark.promised === undefined || isWeaker(mark.promised.durability, durability)))
        mark.promised = { by: site, durability, order }
    }
    for (const mark of this.marks.values()) if (clone.get(mark.id) !== undefined) this.seen(mark, site)
  }

  /** @returns how many marks came with it */
  updated(site: Place, update: SimulatedUpdate, clone: SimulatedClone): number {
    const ticks = update['@ticks']
    const last = this.lastTicks.get(clone) ?? 0
    if (ticks <= last) this.violation(`${site.name}: ticks ${ticks} after ${last}`)
    this.lastTicks.set(clone, ticks)
    if (update.trace.cause === 'join') this.joins++
    if (update.trace.cause === 'rollback') this.rolledBack(site, clone)
    const came = new Set(update['@insert'].map(subject => subject['@id']))
    const went = new Set(update['@delete'].map(subject => subject['@id']))
    let marks = 0
    for (const ids of [came, went])
      for (const id of ids) {
        const mark = this.marks.get(id.replace('-too', ''))
        if (mark === undefined) continue
        // Where two write under one id, a part of what one of them wrote may bear a name that the other's has.
        const isWhole = ids.has(mark.subjects[0]['@id']) && ids.has(mark.subjects[1]['@id'])
        if (!isWhole && !this.forksAllowed) this.violation(`${site.name} shows half of ${mark.id}`)
        if (ids !== came) {
          if (mark.deletion === 'none' && update.trace.cause !== 'rollback' && !this.forksAllowed)
            this.violation(`${site.name} shows ${mark.id} no more, which nobody has deleted`)
          continue
        }
        marks++
        this.seen(mark, site)
        if (update.trace.cause !== 'write' && site.clone === clone && clone.get(id) === undefined)
          this.violation(`${site.name} tells of ${mark.id} before it can be read`)
      }
    return marks
  }

  /** What was acknowledged as nothing may be gone; the rest is rejected. */
  private rolledBack(site: Place, clone: SimulatedClone): void {
    this.rollbacks++
    for (const mark of this.marks.values()) {
      if (mark.deletedBy === site && mark.deletion === 'certain') this.doubtDeletion(mark, 'written')
      if (mark.site !== site || mark.state !== 'open' || mark.promised === undefined) continue
      // One that is being closed cannot be read: what has become of it is seen when another is opened.
      if (site.clone === clone && clone.get(mark.id) === undefined) mark.state = 'absent'
    }
  }

  private seen(mark: Mark, site: Place): void {
    const { promised, batchesBefore, site: author } = mark
    if (author === site) return
    // Whoever heard of it proves that it was durable.
    if (mark.state === 'escaped') this.prove(mark)
    // Nobody says when what was promised nothing is written.
    if (mark.state === 'open' && promised !== undefined && author.batches.answered > batchesBefore) this.prove(mark)
    if (mark.state === 'open' || mark.state === 'doubtful')
      this.violation(`${site.name} sees ${mark.id} before it is durable at ${author.name}`)
    if (mark.state === 'absent') this.violation(`${site.name} sees ${mark.id}, which ${author.name} has lost`)
  }

  /** It has left, so its disk has it: as durable as it asked for, or at least written. */
  private prove(mark: Mark): void {
    mark.state = 'certain'
    const durability = mark.asked === 'none' ? 'written' : mark.asked
    mark.promised = { by: mark.site, durability, order: this.next() }
  }

  // --- the end

  /** In what the clones are not as they must be when everything has settled. */
  differences(sites: readonly Place[]): string[] {
    const differences: string[] = []
    const first = sites[0].clone!.stats().digest
    for (const { name, clone } of sites) {
      const { online, outdated, unsent, undurable, waiting, divergence, forks, refused } = clone!.status.value
      if (clone!.stats().digest !== first) differences.push(`${name} and ${sites[0].name} differ`)
      if (!online) differences.push(`${name} is offline`)
      if (outdated) differences.push(`${name} is outdated`)
      if (unsent > 0) differences.push(`${name} has ${unsent} unsent`)
      if (undurable > 0) differences.push(`${name} has ${undurable} that are not durable`)
      if (waiting.count > 0) differences.push(`${name} has ${waiting.count} waiting`)
      if (divergence !== undefined) differences.push(`${name} diverges: ${divergence}`)
      if (forks > 0 && !this.forksAllowed) differences.push(`${name} has met ${forks} forks`)
      for (const [what, count] of Object.entries(refused))
        if (count > 0 && !this.areStrangersThere) differences.push(`${name} has refused ${count} as ${what}`)
    }
    return differences
  }

  /** Everything has settled: accounts for every write, one by one. */
  settle(sites: readonly Place[]): void {
    const reference = PlainCopy.of(sites[0].clone!)
    for (const site of sites) {
      const state = site === sites[0] ? reference : PlainCopy.of(site.clone!)
      const unlike = state.differenceTo(reference)
      if (unlike !== undefined) this.violation(`${site.name} and ${sites[0].name} differ: ${unlike}`)
      const copied = site.copyOfState!.differenceTo(state)
      if (copied !== undefined) this.violation(`a follower of ${site.name} has something else: ${copied}`)
    }
    for (const mark of this.marks.values()) {
      // Nothing has died since it was acknowledged.
      if (mark.state === 'open' && mark.promised !== undefined) mark.state = 'certain'
      this.account(mark, sites)
    }
  }

  private account({ id, state, deletion, site, deletedBy }: Mark, sites: readonly Place[]): void {
    const there = sites.filter(({ clone }) => clone!.get(id) !== undefined).map(({ name }) => name)
    if (there.length > 0 && state === 'absent') this.violation(`${id} was rejected, and is at ${there}`)
    // Equal vectors with unequal data unite: what one of them has deleted comes back. Only forks make such.
    if (there.length > 0 && deletion === 'certain' && !this.forksAllowed)
      this.violation(`${deletedBy?.name} has deleted ${id}: it is at ${there}`)
    if (there.length < sites.length && state === 'certain' && deletion === 'none') {
      if (there.length === 0 && this.forksAllowed) this.lostToForks.add(id)
      else this.violation(`${site.name} has written ${id}: it is only at ${there}`)
    }
    if (state === 'open') this.violation(`${site.name} has never answered about ${id}`)
  }
}
