import type { Candidate, Claim, KeyRule } from '../constraint/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'

/** One value of each property of a rule. The only value of a rule on one property; else text. */
export type Key = ValueId | string

/** That a subject has a key. */
export interface KeyClaim extends Claim {
  readonly key: Key
  readonly of: ValueId
  /** Whether this value is part of it. */
  has(property: PropertyId, value: ValueId): boolean
}

/** Several who claim one key, and the one of them who has it. */
class Contest {
  readonly claims = new Map<ValueId, KeyClaim>()
  winner: KeyClaim

  constructor(winner: KeyClaim) {
    this.winner = winner
    this.claims.set(winner.of, winner)
  }
}

const nobody: ReadonlySet<ValueId> = new Set()
const nothing: readonly KeyClaim[] = []

/**
 * Who claims which key under one rule, and who has it. There may be as many keys as subjects, mostly each with one who claims it, who claims
 * nothing else: then all that is kept is the claim, twice.
 */
export class Claims {
  private readonly rule: KeyRule
  private readonly byKey = new Map<Key, KeyClaim | Contest>()
  private readonly bySubject = new Map<ValueId, KeyClaim | readonly KeyClaim[]>()
  /** How many keys several claim. */
  private contests = 0

  constructor(rule: KeyRule) {
    this.rule = rule
  }

  /**
   * Sets all that a subject claims.
   * @returns the other subjects that have got a key by that, or lost one
   */
  set(subject: ValueId, claims: readonly KeyClaim[]): ReadonlySet<ValueId> {
    if (claims.length === 1 && this.setAlone(subject, claims[0])) return nobody
    const before = this.of(subject)
    if (before.length === 0 && claims.length === 0) return nobody
    const changed = new Set<ValueId>()
    const isKept = claims.length === 0 ? () => false : keptBy(claims)
    for (const { key } of before) if (!isKept(key)) this.remove(subject, key, changed)
    for (const claim of claims) this.add(subject, claim, changed)
    if (claims.length === 0) this.bySubject.delete(subject)
    else this.bySubject.set(subject, claims.length === 1 ? claims[0] : claims)
    changed.delete(subject)
    return changed
  }

  /** Mostly a subject claims one key, and nobody else does. @returns whether it is so, and done */
  private setAlone(subject: ValueId, claim: KeyClaim): boolean {
    // Nobody, or the only claim that it had: not one of several, and not contested.
    if (this.byKey.get(claim.key) !== this.bySubject.get(subject)) return false
    this.byKey.set(claim.key, claim)
    this.bySubject.set(subject, claim)
    return true
  }

  private add(subject: ValueId, claim: KeyClaim, changed: Set<ValueId>): void {
    const known = this.byKey.get(claim.key)
    if (known === undefined || (!(known instanceof Contest) && known.of === subject)) {
      this.byKey.set(claim.key, claim)
      return
    }
    const contest = known instanceof Contest ? known : this.contested(known)
    contest.claims.set(subject, claim)
    const { winner } = contest
    if (winner.of === subject) this.choose(contest, changed)
    else if (this.rule.compare(claim, winner) < 0) {
      contest.winner = claim
      changed.add(winner.of)
    }
  }

  private contested(only: KeyClaim): Contest {
    const contest = new Contest(only)
    this.byKey.set(only.key, contest)
    this.contests++
    return contest
  }

  private remove(subject: ValueId, key: Key, changed: Set<ValueId>): void {
    const known = this.byKey.get(key)!
    if (!(known instanceof Contest)) {
      this.byKey.delete(key)
      return
    }
    known.claims.delete(subject)
    if (known.winner.of === subject && known.claims.size > 0) this.choose(known, changed)
    if (known.claims.size > 1) return
    // Whoever is left claims it alone.
    this.contests--
    const [only] = known.claims.values()
    if (only === undefined) this.byKey.delete(key)
    else this.byKey.set(key, only)
  }

  /** The one who had the key is another now, or has gone. */
  private choose(contest: Contest, changed: Set<ValueId>): void {
    const before = contest.winner.of
    let first: KeyClaim | undefined
    for (const claim of contest.claims.values())
      if (first === undefined || this.rule.compare(claim, first) < 0) first = claim
    contest.winner = first!
    if (first!.of !== before) changed.add(before).add(first!.of)
  }

  /** Whether another subject has a key that this one claims. */
  hasLost(subject: ValueId): boolean {
    const claims = this.contests === 0 ? undefined : this.bySubject.get(subject)
    return (
      claims !== undefined && (isSeveral(claims) ? claims : [claims]).some(claim => this.rival(claim) !== undefined)
    )
  }

  /** Whether a value of a subject is part of a key that another subject has. */
  isLost(subject: ValueId, property: PropertyId, value: ValueId): boolean {
    return this.winnerOver(subject, property, value) !== undefined
  }

  /** Who has the key of which this value would be part, when it is not this subject. */
  winnerOver(subject: ValueId, property: PropertyId, value: ValueId): ValueId | undefined {
    const claims = this.contests === 0 ? undefined : this.bySubject.get(subject)
    if (claims === undefined) return undefined
    for (const claim of isSeveral(claims) ? claims : [claims]) {
      const rival = this.rival(claim)
      if (rival !== undefined && claim.has(property, value)) return rival
    }
    return undefined
  }

  /** Who has the key, when it is another. */
  private rival({ key, of }: KeyClaim): ValueId | undefined {
    const known = this.byKey.get(key)
    return known instanceof Contest && known.winner.of !== of ? known.winner.of : undefined
  }

  /** The claims of a subject. */
  of(subject: ValueId): readonly KeyClaim[] {
    const claims = this.bySubject.get(subject)
    return claims === undefined ? nothing : isSeveral(claims) ? claims : [claims]
  }
}

const isSeveral = (claims: KeyClaim | readonly KeyClaim[]): claims is readonly KeyClaim[] => Array.isArray(claims)

function keptBy(claims: readonly KeyClaim[]): (key: Key) => boolean {
  if (claims.length === 1) return key => key === claims[0].key
  const keys = new Set(claims.map(({ key }) => key))
  return key => keys.has(key)
}

/** What claims of one property look up. */
export interface ClaimSource {
  readonly property: PropertyId
  text(subject: ValueId): string
  /** The earliest dot of a live value. */
  first(subject: ValueId, value: ValueId): Candidate
}

/** A key of one property. Since when is looked up when somebody else claims it, too. */
export class PlainClaim implements KeyClaim {
  private readonly source: ClaimSource
  readonly of: ValueId
  readonly key: ValueId

  constructor(source: ClaimSource, of: ValueId, key: ValueId) {
    this.source = source
    this.of = of
    this.key = key
  }

  get subject(): string {
    return this.source.text(this.of)
  }

  get since(): Candidate {
    return this.source.first(this.of, this.key)
  }

  has(property: PropertyId, value: ValueId): boolean {
    return value === this.key && property === this.source.property
  }
}

/** A key of several properties. */
export class CombinedClaim implements KeyClaim {
  readonly of: ValueId
  readonly subject: string
  readonly since: Candidate
  readonly key: string
  /** [property, value, ...] */
  private readonly parts: readonly number[]

  constructor(of: ValueId, subject: string, since: Candidate, parts: readonly number[]) {
    this.of = of
    this.subject = subject
    this.since = since
    this.parts = parts
    this.key = parts.filter((_, i) => i % 2 === 1).join(' ')
  }

  has(property: PropertyId, value: ValueId): boolean {
    const { parts } = this
    for (let at = 0; at < parts.length; at += 2) if (parts[at] === property && parts[at + 1] === value) return true
    return false
  }
}
