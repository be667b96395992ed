/**
 * What rules hide, slow and obvious: from scratch, stratum by stratum, as `constraint/rule.ts` defines it. It remembers nothing, and knows of live pairs
 * only.
 */
import { byValue, type Candidate, compareTimes, type Rule, type Scope } from '../../src/constraint/index.js'
import { type PropertyId, rdf, TermKind, type TermTable, type ValueId } from '../../src/rdf/index.js'

export interface LivePair {
  readonly subject: ValueId
  readonly property: PropertyId
  readonly object: ValueId
  readonly replica: Uint8Array
  readonly counter: number
  readonly time: number
}

type Triple = readonly [subject: ValueId, property: PropertyId, object: ValueId]

/** A hidden triple, and the first rule of the first stratum that hides it. */
export interface HiddenTriple {
  readonly triple: Triple
  readonly rule: Rule
}

type In<S extends Rule['stratum']> = Extract<Rule, { stratum: S }>

/** @param rules those that are in force, in their order. @returns by `subject property object` */
export function hiddenBy(
  live: readonly LivePair[],
  rules: readonly Rule[],
  terms: TermTable,
): Map<string, HiddenTriple> {
  return new State(live, rules, terms).judge()
}

class State {
  private readonly live: readonly LivePair[]
  private readonly rules: readonly Rule[]
  private readonly terms: TermTable
  private readonly type: PropertyId
  private readonly hidden = new Map<string, HiddenTriple>()
  /** What the strata so far have left. */
  private left: readonly Triple[]

  constructor(live: readonly LivePair[], rules: readonly Rule[], terms: TermTable) {
    this.live = live
    this.rules = rules
    this.terms = terms
    this.type = terms.property(rdf.type, true)
    const triples = live.map(({ subject, property, object }) => [subject, property, object] as const)
    this.left = [...new Map(triples.map(triple => [triple.join(' '), triple])).values()]
  }

  judge(): Map<string, HiddenTriple> {
    // Those about one property are asked before those about all but some.
    const values = this.of('value')
    const own = values.filter(({ property }) => typeof property !== 'object')
    this.hide(this.refused([...own, ...values.filter(rule => !own.includes(rule))]))
    for (const rule of this.of('set')) this.hide(this.notChosen(rule))
    this.hide(this.of('pair').flatMap(rule => this.beside(rule)))
    this.hide(this.of('key').flatMap(rule => this.taken(rule)))
    this.hide(this.of('subject').flatMap(rule => this.incomplete(rule)))
    this.hide(this.of('reference').flatMap(rule => this.dangling(rule)))
    return this.hidden
  }

  private of<S extends Rule['stratum']>(stratum: S): In<S>[] {
    return this.rules.filter((rule): rule is In<S> => rule.stratum === stratum)
  }

  private hide(found: readonly HiddenTriple[]): void {
    for (const one of found) {
      const key = one.triple.join(' ')
      if (!this.hidden.has(key)) this.hidden.set(key, one)
    }
    this.left = this.left.filter(triple => !this.hidden.has(triple.join(' ')))
  }

  private isAbout(scope: Scope, subject: ValueId): boolean {
    switch (scope.type) {
      case 'all':
        return true
      case 'class':
        return this.live.some(
          pair => pair.subject === subject && pair.property === this.type && scope.classes.includes(pair.object),
        )
      case 'subjects-of':
        return this.live.some(pair => pair.subject === subject && pair.property === scope.property)
      case 'objects-of':
        return this.live.some(pair => pair.object === subject && pair.property === scope.property)
      case 'nodes':
        return scope.nodes.includes(subject)
      case 'any':
        return scope.of.some(part => this.isAbout(part, subject))
    }
  }

  private get subjects(): ValueId[] {
    return [...new Set(this.live.map(({ subject }) => subject))]
  }

  private subjectsOf({ scope }: Rule): ValueId[] {
    return this.subjects.filter(subject => this.isAbout(scope, subject))
  }

  /** The values of a property that are left. */
  private values(subject: ValueId, property: PropertyId): ValueId[] {
    return this.left.filter(([s, p]) => s === subject && p === property).map(([, , object]) => object)
  }

  private candidates(subject: ValueId, property: PropertyId): Candidate[] {
    const values = this.values(subject, property)
    return this.live
      .filter(pair => pair.subject === subject && pair.property === property && values.includes(pair.object))
      .map(({ object: value, replica, counter, time }) => ({ value, replica, counter, time }))
  }

  // --- the strata

  private refused(rules: readonly In<'value'>[]): HiddenTriple[] {
    const isOf = ({ property }: In<'value'>, of: PropertyId) =>
      typeof property === 'object' ? !property.allBut.has(of) : property === of
    return rules.flatMap(rule =>
      this.left
        .filter(([subject, property, object]) => {
          return isOf(rule, property) && this.isAbout(rule.scope, subject) && !rule.allows(object, this.terms)
        })
        .map(triple => ({ triple, rule })),
    )
  }

  private notChosen(rule: In<'set'>): HiddenTriple[] {
    return this.subjectsOf(rule).flatMap(subject => {
      const candidates = this.candidates(subject, rule.property)
      const hidden = candidates.length === 0 ? [] : rule.hides(candidates, this.terms)
      return hidden.map(object => ({ triple: [subject, rule.property, object] as const, rule }))
    })
  }

  private beside(rule: In<'pair'>): HiddenTriple[] {
    const [first, second] = rule.properties
    return this.subjectsOf(rule).flatMap(subject => {
      const hidden = rule.hides(this.values(subject, first), this.values(subject, second), this.terms)
      return [0, 1].flatMap(side =>
        hidden[side].map(object => ({ triple: [subject, rule.properties[side], object] as const, rule })),
      )
    })
  }

  private taken(rule: In<'key'>): HiddenTriple[] {
    const claims = this.subjectsOf(rule).flatMap(subject => this.claims(rule, subject))
    const hidden: HiddenTriple[] = []
    for (const key of new Set(claims.map(({ key }) => key))) {
      const rivals = claims.filter(claim => claim.key === key).sort(rule.compare)
      for (const { id, values } of rivals.slice(1))
        for (const [i, property] of rule.properties.entries()) hidden.push({ triple: [id, property, values[i]], rule })
    }
    return hidden
  }

  /**
   * Every combination of one value of each property; it was claimed when the last of them was written first. Of more than 256, those of the values written
   * first count.
   */
  private claims(rule: In<'key'>, id: ValueId) {
    const firsts = rule.properties.map(property => {
      const candidates = this.candidates(id, property).sort(compareTimes)
      return this.values(id, property)
        .map(value => ({ value, first: candidates.find(candidate => candidate.value === value)! }))
        .sort((a, b) => compareTimes(a.first, b.first) || byValue(a.value, b.value, this.terms))
    })
    let combinations: { values: ValueId[]; since: Candidate[] }[] = [{ values: [], since: [] }]
    for (const ofProperty of firsts) {
      combinations = combinations.flatMap(({ values, since }) =>
        ofProperty.map(({ value, first }) => ({ values: [...values, value], since: [...since, first] })),
      )
      if (firsts.length > 1) combinations = combinations.slice(0, 256)
    }
    return combinations.map(({ values, since }) => ({
      id,
      subject: this.terms.text(id),
      values,
      key: values.join(' '),
      since: [...since].sort(compareTimes).at(-1)!,
    }))
  }

  private incomplete(rule: In<'subject'>): HiddenTriple[] {
    const { left } = this
    return this.subjectsOf(rule)
      .filter(subject => !rule.holds(property => this.values(subject, property), this.terms))
      .flatMap(subject => left.filter(([s]) => s === subject).map(triple => ({ triple, rule })))
  }

  private dangling(rule: In<'reference'>): HiddenTriple[] {
    return this.left
      .filter(([subject, property, object]) => {
        return property === rule.property && this.isAbout(rule.scope, subject) && !this.isThere(rule, object)
      })
      .map(triple => ({ triple, rule }))
  }

  /** What a subject refers to by a property under such a rule does not count: none waits for another. */
  private isThere({ classes }: In<'reference'>, target: ValueId): boolean {
    if (this.terms.kind(target) !== TermKind.iri) return false
    const waiting = this.of('reference').map(({ property }) => property)
    return this.left.some(([subject, property, object]) => {
      if (subject !== target) return false
      return classes.length > 0 ? property === this.type && classes.includes(object) : !waiting.includes(property)
    })
  }
}
