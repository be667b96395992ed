import type { Candidate, Claim, Rule } from '../constraint/index.js'
import type { PropertyId, TermTable, ValueId } from '../rdf/index.js'
import type { Chance } from './chance.js'

/** A dot of a value, which is named by its place among the values that are tried. */
export interface PlainCandidate {
  readonly place: number
  readonly replica: number
  readonly counter: number
  readonly time: number
}

/** What a rule is asked, in no dictionary's ids: values by their places. What a stratum does not look at is empty. */
export interface Question {
  /** Of one property, one for each dot. */
  readonly candidates: readonly PlainCandidate[]
  /** Of several properties, by number. */
  readonly sides: readonly (readonly number[])[]
  readonly claims: readonly { readonly subject: string; readonly since: PlainCandidate }[]
}

/** What a rule says: places that are hidden, of one property or of several; whether a subject is shown; which claim comes first. */
export interface Answer {
  /** A place of -1 is a value that was not asked about. */
  readonly hidden: readonly (readonly number[])[]
  readonly says: boolean | number | undefined
}

/** A rule over one dictionary, and the values there, by place. */
export interface Side {
  readonly rule: Rule
  readonly terms: TermTable
  readonly values: readonly ValueId[]
}

/** A question at random. Values, times and keys are few, so that they often are the same. */
export function someQuestion(rule: Rule, valueCount: number, chance: Chance): Question {
  const candidate = (): PlainCandidate => ({
    place: chance.whole(0, valueCount - 1),
    replica: chance.whole(1, 2),
    counter: chance.whole(1, 1000),
    time: chance.whole(1, 2) * 1024,
  })
  const places = () => [...new Set(Array.from({ length: chance.whole(0, 4) }, () => chance.whole(0, valueCount - 1)))]
  const nothing = { candidates: [], sides: [], claims: [] }
  switch (rule.stratum) {
    case 'value':
      return { ...nothing, candidates: [candidate()] }
    case 'set': {
      const drawn = Array.from({ length: chance.whole(1, 7) }, candidate)
      // A dot has one value.
      return { ...nothing, candidates: [...new Map(drawn.map(one => [`${one.replica} ${one.counter}`, one])).values()] }
    }
    case 'pair':
      return { ...nothing, sides: [places(), places()] }
    case 'subject':
      return { ...nothing, sides: rule.reads.map(places) }
    case 'key': {
      const subjects = ['a', 'b', 'c'].map(subject => ({ subject, since: candidate() }))
      return { ...nothing, claims: subjects }
    }
    case 'reference':
    case 'inference':
    case 'input':
      return nothing
  }
}

/** Asks about the first two claims, where there are any. All that the rule is given is frozen. */
export function ask({ rule, terms, values }: Side, { candidates, sides, claims }: Question): Answer {
  const placeOf = (value: ValueId) => values.indexOf(value)
  const placesOf = (hidden: readonly ValueId[]) => [...new Set(hidden.map(placeOf))].sort((a, b) => a - b)
  const candidate = ({ place, replica, counter, time }: PlainCandidate): Candidate =>
    Object.freeze({ value: values[place], replica: Uint8Array.of(replica), counter, time })
  const valuesOf = (places: readonly number[] = []) => Object.freeze(places.map(place => values[place]))
  switch (rule.stratum) {
    case 'value': {
      const [{ place }] = candidates
      return { hidden: [rule.allows(values[place], terms) ? [] : [place]], says: undefined }
    }
    case 'set':
      return { hidden: [placesOf(rule.hides(Object.freeze(candidates.map(candidate)), terms))], says: undefined }
    case 'pair': {
      const [first, second] = rule.hides(valuesOf(sides[0]), valuesOf(sides[1]), terms)
      return { hidden: [placesOf(first), placesOf(second)], says: undefined }
    }
    case 'subject': {
      const read = (property: PropertyId) => {
        const at = rule.reads.indexOf(property)
        if (at === -1)
          throw new Error(`it looks at ${terms.propertyText(property)}, which it does not say that it reads`)
        return valuesOf(sides[at])
      }
      return { hidden: [], says: rule.holds(read, terms) }
    }
    case 'key': {
      const [first, second] = claims.map(
        ({ subject, since }): Claim => Object.freeze({ subject, since: candidate(since) }),
      )
      return { hidden: [], says: Math.sign(rule.compare(first, second)) }
    }
    // They have nothing to answer here.
    case 'reference':
    case 'inference':
    case 'input':
      return { hidden: [], says: undefined }
  }
}

/** The same question, of what another has left. */
export function withoutHidden({ candidates, sides, claims }: Question, { hidden }: Answer): Question {
  const left = (at: number) => (place: number) => !hidden[at]?.includes(place)
  return {
    candidates: candidates.filter(({ place }) => left(0)(place)),
    sides: sides.map((places, at) => places.filter(left(at))),
    claims,
  }
}

/** The same question, in another order. */
export function shuffled({ candidates, sides, claims }: Question, chance: Chance): Question {
  const shuffle = <T>(items: readonly T[]): T[] =>
    items
      .map(item => [chance.number(), item] as const)
      .sort(([a], [b]) => a - b)
      .map(([, item]) => item)
  return { candidates: shuffle(candidates), sides: sides.map(shuffle), claims }
}
