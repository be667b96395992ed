import type { Candidate, Claim, InferenceRule, InputTools, Rule, VisibleData } from '../constraint/index.js'
import { type PropertyId, TermKind, type ValueId } from '../rdf/index.js'
import type { Chance } from './chance.js'
import type { RuleTerms } from './rule-terms.js'

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
  /** What is visible. */
  readonly triples: readonly PlainTriple[]
  /** The subject that is asked about, where it is not one of those above. */
  readonly subject: number
}

/** Subject and object by their places, the property by name. */
export interface PlainTriple {
  readonly subject: number
  readonly property: string
  readonly object: number
}

/** What a rule says: places that are hidden, of one property or of several; whether a subject is shown; which claim comes first. */
export interface Answer {
  /** A place of -1 is a value that was not asked about. */
  readonly hidden: readonly (readonly number[])[]
  readonly says: boolean | number | undefined
  /** What follows, or what is written instead: in words, sorted. */
  readonly adds: readonly string[]
}

/** A rule over one dictionary, and the values there, by place. */
export interface Side {
  readonly rule: Rule
  readonly terms: RuleTerms
  readonly values: readonly ValueId[]
}

/** A question at random. Values, times and keys are few, so that they often are the same. */
export function someQuestion({ rule, terms, values }: Side, chance: Chance): Question {
  const valueCount = values.length
  const candidate = (): PlainCandidate => ({
    place: chance.whole(0, valueCount - 1),
    replica: chance.whole(1, 2),
    counter: chance.whole(1, 1000),
    time: chance.whole(1, 2) * 1024,
  })
  const places = () => [...new Set(Array.from({ length: chance.whole(0, 4) }, () => chance.whole(0, valueCount - 1)))]
  const nothing = { candidates: [], sides: [], claims: [], triples: [], subject: 0 }
  const iris = values.flatMap((value, place) => (terms.kind(value) === TermKind.iri ? [place] : []))
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
    case 'inference': {
      const properties = terms.propertyNames
      const triple = (): PlainTriple => ({
        subject: chance.pick(iris),
        property: chance.pick(properties),
        object: chance.happens(0.7) ? chance.pick(iris) : chance.whole(0, valueCount - 1),
      })
      const drawn = Array.from({ length: chance.whole(0, 9) }, triple)
      return {
        ...nothing,
        triples: [...new Map(drawn.map(one => [JSON.stringify(one), one])).values()],
        subject: chance.pick(iris),
      }
    }
    case 'input':
      return { ...nothing, candidates: [candidate()], subject: chance.pick(iris) }
    case 'reference':
      return nothing
  }
}

/** Asks about the first two claims, where there are any. All that the rule is given is frozen. */
export function ask({ rule, terms, values }: Side, question: Question): Answer {
  const { candidates, sides, claims } = question
  const placeOf = (value: ValueId) => values.indexOf(value)
  const placesOf = (hidden: readonly ValueId[]) => [...new Set(hidden.map(placeOf))].sort((a, b) => a - b)
  const candidate = ({ place, replica, counter, time }: PlainCandidate): Candidate =>
    Object.freeze({ value: values[place], replica: Uint8Array.of(replica), counter, time })
  const valuesOf = (places: readonly number[] = []) => Object.freeze(places.map(place => values[place]))
  switch (rule.stratum) {
    case 'value': {
      const [{ place }] = candidates
      return { hidden: [rule.allows(values[place], terms) ? [] : [place]], says: undefined, adds: nothing }
    }
    case 'set':
      return {
        hidden: [placesOf(rule.hides(Object.freeze(candidates.map(candidate)), terms))],
        says: undefined,
        adds: nothing,
      }
    case 'pair': {
      const [first, second] = rule.hides(valuesOf(sides[0]), valuesOf(sides[1]), terms)
      return { hidden: [placesOf(first), placesOf(second)], says: undefined, adds: nothing }
    }
    case 'subject': {
      const read = (property: PropertyId) => {
        const at = rule.reads.indexOf(property)
        if (at === -1)
          throw new Error(`it looks at ${terms.propertyText(property)}, which it does not say that it reads`)
        return valuesOf(sides[at])
      }
      return { hidden: [], says: rule.holds(read, terms), adds: nothing }
    }
    case 'key': {
      const [first, second] = claims.map(
        ({ subject, since }): Claim => Object.freeze({ subject, since: candidate(since) }),
      )
      return { hidden: [], says: Math.sign(rule.compare(first, second)), adds: nothing }
    }
    case 'inference':
      return { hidden: [], says: undefined, adds: inferred(rule, terms, values, question) }
    case 'input': {
      const [{ place }] = candidates
      const tools: InputTools = { terms, now: () => 0, newId: () => 'id' }
      const written = [rule.value?.(values[place], tools), rule.otherwise?.(values[question.subject], tools)]
      return { hidden: [], says: undefined, adds: written.map(id => (id ? terms.spelled(id) : '')) }
    }
    // It has nothing to answer here.
    case 'reference':
      return { hidden: [], says: undefined, adds: nothing }
  }
}

const nothing: readonly string[] = []

function inferred(
  rule: InferenceRule,
  terms: RuleTerms,
  values: readonly ValueId[],
  { triples, subject }: Question,
): readonly string[] {
  const known = triples.map(triple => ({
    subject: values[triple.subject],
    property: terms.property(triple.property, true),
    object: values[triple.object],
  }))
  const data: VisibleData = Object.freeze({
    terms,
    objects: (of: ValueId, property: PropertyId) =>
      Object.freeze(known.flatMap(each => (each.subject === of && each.property === property ? [each.object] : []))),
    subjects: (property: PropertyId, object: ValueId) =>
      Object.freeze(
        known.flatMap(each => (each.object === object && each.property === property ? [each.subject] : [])),
      ),
  })
  const added = new Set<string>()
  rule.infer(values[subject], data, (of, property, object) => {
    if (!rule.adds.includes(property))
      throw new Error(`it adds ${terms.propertyText(property)}, which it does not say that it adds`)
    if (terms.kind(of) !== TermKind.iri)
      throw new Error(`it adds something to ${terms.spelled(of)}, which is no subject`)
    added.add(`${terms.spelled(of)} ${terms.propertyText(property)} ${terms.spelled(object)}`)
  })
  return [...added].sort()
}

/** Whether an inference is asked about the subject of a question. */
export function isAsked(rule: InferenceRule, terms: RuleTerms, { triples, subject }: Question): boolean {
  const about = rule.about.map(property => terms.propertyText(property))
  return triples.some(
    triple => about.includes(triple.property) && triple[rule.of === 'subjects' ? 'subject' : 'object'] === subject,
  )
}

/** The same question, of what another has left. */
export function withoutHidden(question: Question, { hidden }: Answer): Question {
  const { candidates, sides } = question
  const left = (at: number) => (place: number) => !hidden[at]?.includes(place)
  return {
    ...question,
    candidates: candidates.filter(({ place }) => left(0)(place)),
    sides: sides.map((places, at) => places.filter(left(at))),
  }
}

/** The same question, in another order. */
export function shuffled(question: Question, chance: Chance): Question {
  const { candidates, sides, claims, triples } = question
  const shuffle = <T>(items: readonly T[]): T[] =>
    items
      .map(item => [chance.number(), item] as const)
      .sort(([a], [b]) => a - b)
      .map(([, item]) => item)
  return {
    ...question,
    candidates: shuffle(candidates),
    sides: sides.map(shuffle),
    claims: shuffle(claims),
    triples: shuffle(triples),
  }
}
