import type { Claim, KeyRule } from '../constraint/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'

/** That a subject has a key, and the values of which it consists. */
export interface KeyClaim extends Claim {
  readonly key: string
  /** [property, value, ...] */
  readonly parts: readonly number[]
}

interface Holders {
  readonly claims: Map<ValueId, KeyClaim>
  winner: ValueId
}

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
  set(subject: ValueId, claims: readonly KeyClaim[]): Set<ValueId> {
    const changed = new Set<ValueId>()
    const before = this.bySubject.get(subject) ?? []
    if (before.length === 0 && claims.length === 0) return changed
    const kept = new Set(claims.map(({ key }) => key))
    for (const { key } of before) if (!kept.has(key)) this.remove(subject, key, changed)
    for (const claim of claims) this.add(subject, claim, changed)
    if (claims.length === 0) this.bySubject.delete(subject)
    else this.bySubject.set(subject, claims)
    changed.delete(subject)
    return changed
  }

  private add(subject: ValueId, claim: KeyClaim, changed: Set<ValueId>): void {
    const holders = this.byKey.get(claim.key)
    if (holders === undefined) {
      this.byKey.set(claim.key, { claims: new Map([[subject, claim]]), winner: subject })
      return
    }
    const { claims, winner } = holders
    claims.set(subject, claim)
    if (winner === subject) this.choose(holders, changed)
    else if (this.rule.compare(claim, claims.get(winner)!) < 0) {
      holders.winner = subject
      changed.add(winner)
    }
  }

  private remove(subject: ValueId, key: string, changed: Set<ValueId>): void {
    const holders = this.byKey.get(key)!
    holders.claims.delete(subject)
    if (holders.claims.size === 0) this.byKey.delete(key)
    else if (holders.winner === subject) this.choose(holders, changed)
  }

  /** The one who had the key is another now, or has gone. */
  private choose(holders: Holders, changed: Set<ValueId>): void {
    const { claims, winner: before } = holders
    let first: KeyClaim | undefined
    for (const [subject, claim] of claims)
      if (first === undefined || this.rule.compare(claim, first) < 0) {
        first = claim
        holders.winner = subject
      }
    if (holders.winner !== before) changed.add(before).add(holders.winner)
  }

  /** Whether a value of a subject is part of a key that another subject has. */
  isLost(subject: ValueId, property: PropertyId, value: ValueId): boolean {
    return this.winnerOver(subject, property, value) !== undefined
  }

  /** Who has the key of which this value would be part, when it is not this subject. */
  winnerOver(subject: ValueId, property: PropertyId, value: ValueId): ValueId | undefined {
    for (const { key, parts } of this.bySubject.get(subject) ?? []) {
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
