import type { Constraint } from '../constraint/index.js'
import { hasCode } from '../errors.js'
import type { Write } from '../subject/index.js'
import type { Chance } from './chance.js'
import { PlainCopy } from './plain-copy.js'
import type { SimulatedClone, SimulatedDraft, SimulatedWriteOptions } from './simulated-clone.js'

/** A rule that all clones of a history have in force, and what it promises of whatever a clone shows: told apart from the engine. */
export interface SimulatedRule {
  readonly constraint: Constraint
  /** @returns how it is broken; undefined when it holds */
  readonly fault: (shown: Shown) => string | undefined
}

/** What a clone shows, by subject and property: values as JSON. */
class Shown {
  readonly subjects = new Map<string, Map<string, string[]>>()

  constructor(copy: PlainCopy) {
    for (const [subject, property, value] of copy.entries()) {
      let properties = this.subjects.get(subject)
      if (properties === undefined) {
        properties = new Map()
        this.subjects.set(subject, properties)
      }
      const values = properties.get(property)
      if (values === undefined) properties.set(property, [value])
      else values.push(value)
    }
  }

  values(subject: string, property: string): readonly string[] {
    return this.subjects.get(subject)?.get(property) ?? []
  }

  /** Of a class; all when it is not given. */
  *of(type?: string): Iterable<string> {
    for (const subject of this.subjects.keys()) if (type === undefined || this.is(subject, type)) yield subject
  }

  is(subject: string, type: string): boolean {
    return this.values(subject, '@type').includes(JSON.stringify(type))
  }
}

const properties = ['p1', 'p2', 'p3']
const allowed = ['a', 1, true, { '@id': 's1' }]

/** Rules by chance: up to five. They can be kept together. */
export function someRules(chance: Chance): SimulatedRule[] {
  const rules = Array.from({ length: chance.whole(2, 5) }, () => someRule(chance))
  const isOf = (type: string) => (rule: SimulatedRule) => rule.constraint['@type'] === type
  const required = new Set(rules.filter(isOf('required')).map(({ constraint }) => constraint.property))
  // What may be hidden for what it refers to cannot be required. Of who is referred to, and lacks what is required, nothing is shown, no way back either.
  return rules.filter(
    rule =>
      (!isOf('reference')(rule) || !required.has(rule.constraint.property)) &&
      (!isOf('inverse')(rule) || required.size === 0),
  )
}

function someRule(chance: Chance): SimulatedRule {
  const property = chance.pick(properties)
  const type = chance.pick([undefined, undefined, 'T', 'U'])
  const scope = type === undefined ? {} : { class: type }
  switch (chance.whole(0, 7)) {
    case 0: {
      const winner = chance.pick(['greatest', 'least', 'latest', 'order'])
      const order = winner === 'order' ? { order: ['b', 1, 'a'] } : {}
      return atMost({ '@type': 'single-valued', property, winner, ...order, ...scope }, property, 1, type)
    }
    case 1:
      return atMost({ '@type': 'max-count', property, count: 2, ...scope }, property, 2, type)
    case 2:
      return isIn({ '@type': 'in', property, values: allowed, ...scope }, property, type)
    case 3: {
      const key = chance.pick([[property], ['p1', 'p2'], ['p2', 'p3']])
      return unique({ '@type': 'unique', property: key, ...scope }, key, type)
    }
    case 4: {
      const node = chance.happens(0.3)
      return node
        ? required({ '@type': 'required', property, node: 's1' }, property, shown => ['s1'].filter(has(shown)))
        : required({ '@type': 'required', property, class: type ?? 'T' }, property, shown => shown.of(type ?? 'T'))
    }
    case 5:
      return counted(property)
    case 6:
      return inverse(property)
    default: {
      const to = chance.pick([undefined, 'T'])
      return reference({ '@type': 'reference', property, ...(to && { to }), ...scope }, property, to, type)
    }
  }
}

const has = (shown: Shown) => (subject: string) => shown.subjects.has(subject)

const atMost = (constraint: Constraint, property: string, count: number, type: string | undefined): SimulatedRule => ({
  constraint,
  fault(shown) {
    for (const subject of shown.of(type)) {
      const values = shown.values(subject, property)
      if (values.length > count) return `${subject} has ${values.length} values of ${property}: ${values}`
    }
    return undefined
  },
})

const isIn = (constraint: Constraint, property: string, type: string | undefined): SimulatedRule => {
  const texts = allowed.map(value => JSON.stringify(value))
  return {
    constraint,
    fault(shown) {
      for (const subject of shown.of(type))
        for (const value of shown.values(subject, property))
          if (!texts.includes(value)) return `${subject} has ${value} as ${property}`
      return undefined
    },
  }
}

const unique = (constraint: Constraint, key: readonly string[], type: string | undefined): SimulatedRule => ({
  constraint,
  fault(shown) {
    const holders = new Map<string, string>()
    for (const subject of shown.of(type)) {
      let claims = ['']
      for (const property of key)
        claims = claims.flatMap(claim => shown.values(subject, property).map(value => `${claim} ${value}`))
      for (const claim of claims) {
        const other = holders.get(claim)
        if (other !== undefined) return `${other} and ${subject} both have${claim} as ${key}`
        holders.set(claim, subject)
      }
    }
    return undefined
  },
})

const required = (
  constraint: Constraint,
  property: string,
  subjects: (shown: Shown) => Iterable<string>,
): SimulatedRule => ({
  constraint,
  fault(shown) {
    for (const subject of subjects(shown))
      if (shown.values(subject, property).length === 0) return `${subject} is shown without ${property}`
    return undefined
  },
})

const reference = (
  constraint: Constraint,
  property: string,
  to: string | undefined,
  type: string | undefined,
): SimulatedRule => ({
  constraint,
  fault(shown) {
    for (const subject of shown.of(type))
      for (const value of shown.values(subject, property)) {
        const { '@id': target } = JSON.parse(value) as { '@id'?: string }
        const isThere = target !== undefined && (to === undefined ? shown.subjects.has(target) : shown.is(target, to))
        if (!isThere) return `${subject} refers by ${property} to ${value}, which is not there`
      }
    return undefined
  },
})

/** Rules of one property that add the same are one. */
const counted = (property: string): SimulatedRule => ({
  constraint: { '@type': 'count', property, as: `count-${property}` },
  fault(shown) {
    for (const subject of shown.of()) {
      const { length } = shown.values(subject, property)
      const found = shown.values(subject, `count-${property}`)
      if (`${found}` !== (length === 0 ? '' : `${length}`))
        return `${subject} has ${length} values of ${property}, and the count ${found}`
    }
    return undefined
  },
})

const inverse = (property: string): SimulatedRule => ({
  constraint: { '@type': 'inverse', property: `inverse-${property}`, of: property },
  fault(shown) {
    const [there, back] = [new Set<string>(), new Set<string>()]
    const pairs = (of: string, add: (subject: string, target: string) => void) => {
      for (const subject of shown.of())
        for (const value of shown.values(subject, of)) {
          const { '@id': target } = JSON.parse(value) as { '@id'?: string }
          if (target !== undefined) add(subject, target)
        }
    }
    pairs(property, (subject, target) => there.add(`${subject} ${target}`))
    pairs(`inverse-${property}`, (subject, target) => back.add(`${target} ${subject}`))
    for (const pair of there) if (!back.has(pair)) return `${pair} by ${property} has no way back`
    for (const pair of back) if (!there.has(pair)) return `${pair} is a way back of no ${property}`
    return undefined
  },
})

/** What rules are broken in what a clone shows. */
export function* faultsOf(rules: readonly SimulatedRule[], copy: PlainCopy): Iterable<string> {
  if (rules.length === 0) return
  const shown = new Shown(copy)
  for (const { constraint, fault } of rules) {
    const found = fault(shown)
    if (found !== undefined) yield `${JSON.stringify(constraint)} is broken: ${found}`
  }
}

/**
 * A clone of which every write that a rule refuses is looked at: it must have changed nothing.
 * @param complain told of one that has
 */
export function refusingCleanly(clone: SimulatedClone, complain: (text: string) => void): SimulatedClone {
  const image = () => {
    const { digest, heads } = clone.stats()
    return { digest, heads, ticks: clone.status.value.ticks, copy: PlainCopy.of(clone) }
  }
  // Within a batch, what is written can be read; it is refused with all of it.
  let isInBatch = false
  const careful = <A extends unknown[]>(write: (...args: A) => Promise<unknown>) => {
    return (...args: A): Promise<unknown> => {
      if (isInBatch) return write(...args)
      const before = image()
      const written = write(...args)
      const after = image()
      written.catch(error => {
        if (!hasCode(error, 'constraint-violated')) return
        const isSame = before.digest === after.digest && before.heads === after.heads && before.ticks === after.ticks
        const difference = before.copy.differenceTo(after.copy)
        if (!isSame || difference !== undefined) complain(difference ?? 'its digest, heads or ticks')
      })
      return written
    }
  }
  return {
    status: clone.status,
    get: id => clone.get(id),
    read: request => clone.read(request),
    write: careful((request: Write | ((draft: SimulatedDraft) => Promise<void>), options?: SimulatedWriteOptions) =>
      clone.write(request as Write, options),
    ),
    batch: careful((writes: () => void, options?: SimulatedWriteOptions) => {
      const marked = () => {
        isInBatch = true
        try {
          writes()
        } finally {
          isInBatch = false
        }
      }
      return clone.batch(marked, options)
    }),
    patch: careful((patch, options?: SimulatedWriteOptions) => clone.patch(patch, options)),
    put: careful((subject, options?: SimulatedWriteOptions) => clone.put(subject, options)),
    delete: careful((id, options?: SimulatedWriteOptions) => clone.delete(id, options)),
    follow: clone.follow.bind(clone),
    flushed: () => clone.flushed(),
    stats: () => clone.stats(),
    close: () => clone.close(),
  }
}
