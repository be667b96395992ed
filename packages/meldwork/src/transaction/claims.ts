import type { Claim, KeyRule } from '../constraint/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'

/** That a subject has a key, and the values of which it consists. */
export interface KeyClaim extends Claim {
  readonly key: string
  /** [property, value, ...] */
  readonly parts: readonly number[]
}

interface Holders {
  /** None while only the winner claims it, which is mostly so: there may be as many keys as subjects. */
  claims: Map<ValueId, KeyClaim> | undefined
  winner: ValueId
  claim: KeyClaim
}

const nobody: ReadonlySet<ValueId> = new Set()

/** Who claims which key under one rule, and who has it. */
export class Claims {
  private readonly rule: KeyRule
  private readonly byKey = new Map<string, Holders>()
  private readonly bySubject = new Map<ValueId, readonly KeyClaim[]>()

  constructor(rule: KeyRule) {
    this.rule = rule
  }

  /**
   * Sets all that a subject claims.
   * @returns the other subjects that have got a key by that, or lost one
   */
  set(subject: ValueId, claims: readonly KeyClaim[]): ReadonlySet<ValueId> {
    const before = this.bySubject.get(subject)
    if (before === undefined && claims.length === 0) return nobody
    const changed = new Set<ValueId>()
    if (before !== undefined) {
      const kept = new Set(claims.map(({ key }) => key))
      for (const { key } of before) if (!kept.has(key)) this.remove(subject, key, changed)
    }
    for (const claim of claims) this.add(subject, claim, changed)
    if (claims.length === 0) this.bySubject.delete(subject)
    else this.bySubject.set(subject, claims)
    changed.delete(subject)
    return changed
  }

  private add(subject: ValueId, claim: KeyClaim, changed: Set<ValueId>): void {
    const holders = this.byKey.get(claim.key)
    if (holders === undefined) {
      this.byKey.set(claim.key, { claims: undefined, winner: subject, claim })
      return
    }
    const { winner } = holders
    if (holders.claims === undefined && winner === subject) {
      holders.claim = claim
      return
    }
    holders.claims ??= new Map([[winner, holders.claim]])
    holders.claims.set(subject, claim)
    if (winner === subject) this.choose(holders, holders.claims, changed)
    else if (this.rule.compare(claim, holders.claim) < 0) {
      holders.winner = subject
      holders.claim = claim
      changed.add(winner)
    }
  }

  private remove(subject: ValueId, key: string, changed: Set<ValueId>): void {
    const holders = this.byKey.get(key)!
    const { claims } = holders
    claims?.delete(subject)
    if (claims === undefined || claims.size === 0) this.byKey.delete(key)
    else if (holders.winner === subject) this.choose(holders, claims, changed)
  }

  /** The one who had the key is another now, or has gone. */
  private choose(holders: Holders, claims: ReadonlyMap<ValueId, KeyClaim>, changed: Set<ValueId>): void {
    const before = holders.winner
    let first: KeyClaim | undefined
    for (const [subject, claim] of claims)
      if (first === undefined || this.rule.compare(claim, first) < 0) {
        first = claim
        holders.winner = subject
        holders.claim = claim
      }
    if (holders.winner !== before) changed.add(before).add(holders.winner)
  }

  /** Whether a value of a subject is part of a key that another subject has. */
  isLost(subject: ValueId, property: PropertyId, value: ValueId): boolean {
    return this.winnerOver(subject, property, value) !== undefined
  }

  /** Who has the key of which this value would be part, when it is not this subject. */
  winnerOver(subject: ValueId, property: PropertyId, value: ValueId): ValueId | undefined {
    const claims = this.bySubject.get(subject)
    if (claims === undefined) return undefined
    for (const { key, parts } of claims) {
      const { winner } = this.byKey.get(key)!
      if (winner === subject) continue
      for (let at = 0; at < parts.length; at += 2) if (parts[at] === property && parts[at + 1] === value) return winner
    }
    return undefined
  }

  /** The claims of a subject. */
  of(subject: ValueId): readonly KeyClaim[] {
    return this.bySubject.get(subject) ?? []
  }
}
