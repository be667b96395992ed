import { type PropertyId, rdf, rdfs, TermKind, type ValueId } from '../rdf/index.js'
import type { RuleKind } from './kind.js'
import { everything, type VisibleData } from './rule.js'

/** Who is referred to by one property refers back by another. */
const inverse: RuleKind = {
  point: 'rule',
  type: 'inverse',
  version: 1,
  make(parameters) {
    const property = parameters.property()
    const of = parameters.property('of')
    return {
      stratum: 'inference',
      name: `${parameters.label('property')} is the inverse of ${parameters.label('of')}`,
      scope: everything,
      about: [of],
      of: 'subjects',
      adds: [property],
      infer(subject, data, add) {
        for (const object of data.objects(subject, of))
          if (data.terms.kind(object) === TermKind.iri) add(object, property, subject)
      },
    }
  },
}

/** What is reached by several steps of a property is its value, too. */
const transitive: RuleKind = {
  point: 'rule',
  type: 'transitive',
  version: 1,
  make(parameters) {
    const property = parameters.property()
    return {
      stratum: 'inference',
      name: `${parameters.label('property')} is transitive`,
      scope: everything,
      about: [property],
      of: 'subjects',
      adds: [property],
      infer(subject, data, add) {
        for (const reached of reachedBy(data, subject, property)) add(subject, property, reached)
      },
    }
  },
}

/** Who has a type has the types above it, too: as `rdfs:subClassOf` says in the data. */
const subClass: RuleKind = {
  point: 'rule',
  type: 'sub-class',
  version: 1,
  make(parameters) {
    const { terms } = parameters
    const type = terms.property(rdf.type, true)
    const above = terms.property(rdfs.subClassOf, true)
    return {
      stratum: 'inference',
      name: 'who has a type has those above it',
      scope: everything,
      about: [type],
      of: 'subjects',
      adds: [type],
      infer(subject, data, add) {
        for (const own of data.objects(subject, type))
          for (const reached of reachedBy(data, own, above)) add(subject, type, reached)
      },
    }
  },
}

/** How many values a property has; or, by `objectsOf`, how many subjects have this one as a value. */
const count: RuleKind = {
  point: 'rule',
  type: 'count',
  version: 1,
  make(parameters) {
    const { terms } = parameters
    const byObject = parameters.has('objectsOf')
    const counted = parameters.property(byObject ? 'objectsOf' : 'property')
    const property = parameters.property('as')
    return {
      stratum: 'inference',
      name: `${parameters.label('as')} counts ${parameters.label(byObject ? 'objectsOf' : 'property')}`,
      scope: everything,
      about: [counted],
      of: byObject ? 'objects' : 'subjects',
      adds: [property],
      infer(subject, data, add) {
        const { length } = byObject ? data.subjects(counted, subject) : data.objects(subject, counted)
        if (length > 0) add(subject, property, terms.integer(length, true))
      },
    }
  },
}

/** Rules that add what follows. */
export const inferenceKinds: readonly RuleKind[] = [inverse, transitive, subClass, count]

/** All that is reached from a subject by one step or several; the subject itself only where there is a cycle. */
function reachedBy(data: VisibleData, from: ValueId, property: PropertyId): Set<ValueId> {
  const reached = new Set<ValueId>()
  const open = [from]
  for (let next = open.pop(); next !== undefined; next = open.pop())
    for (const object of data.objects(next, property)) {
      if (reached.has(object)) continue
      reached.add(object)
      open.push(object)
    }
  return reached
}
