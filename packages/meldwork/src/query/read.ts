import { CodedError } from '../errors.js'
import type { VisibleGraph } from '../graph/index.js'
import type { ValueId } from '../rdf/index.js'
import {
  type GraphSubject,
  isVariable,
  type Keys,
  PatternReader,
  refuseOthers,
  type Solution,
  SubjectWriter,
  Variables,
} from '../subject/index.js'
import { type Bindings, solve } from './solve.js'

/**
 * Answers read requests over what is visible, under one context. Synchronous; the answer is a copy.
 *
 * Errors: `pattern-unsupported` and `pattern-invalid` with the path of what is at fault. Nothing in a request is ever ignored.
 */
export class Reads {
  private readonly graph: VisibleGraph
  private readonly patterns: PatternReader
  private readonly writer: SubjectWriter
  private readonly buffer: number[] = []

  constructor(graph: VisibleGraph, keys: Keys) {
    this.graph = graph
    this.patterns = new PatternReader(keys)
    this.writer = new SubjectWriter(keys)
  }

  /**
   * One subject, one level deep, or only some of its properties.
   * @returns undefined when nothing of it is visible
   */
  get(id: string, properties: readonly string[]): GraphSubject | undefined {
    const subject = this.patterns.reference(id)
    if (subject === 0) return undefined
    if (properties.length === 0) return this.describe(subject)
    const pairs: number[] = []
    const objects: number[] = []
    for (const name of new Set(properties)) {
      const property = this.patterns.property(name)
      if (property < 0) continue
      const count = this.graph.objects(subject, property, objects)
      for (let i = 0; i < count; i++) pairs.push(property, objects[i])
    }
    return pairs.length === 0 ? undefined : this.writer.subject(subject, pairs)
  }

  /** @returns undefined when nothing of it is visible */
  private describe(subject: ValueId): GraphSubject | undefined {
    const length = this.graph.triplesOf(subject, this.buffer)
    return length === 0 ? undefined : this.writer.subject(subject, this.buffer, length)
  }

  /** `@describe`: subjects. `@select`: solutions. */
  read(request: unknown): GraphSubject[] | Solution[] {
    if (typeof request !== 'object' || request === null || Array.isArray(request)) return invalid('$', 'an object')
    const parts = request as Readonly<Record<string, unknown>>
    if (Object.hasOwn(parts, '@describe')) {
      refuseOthers(parts, ['@describe', '@where'])
      return this.readDescribe(parts['@describe'], own(parts, '@where'))
    }
    refuseOthers(parts, ['@select', '@where'])
    if (!Object.hasOwn(parts, '@select')) return invalid('$', '"@describe" or "@select"')
    return this.readSelect(parts['@select'], own(parts, '@where'))
  }

  private readDescribe(described: unknown, where: unknown): GraphSubject[] {
    const names = Array.isArray(described) ? described : [described]
    if (names.length === 0) return invalid("$['@describe']", 'an identifier or a variable')
    const variables = new Variables()
    const wanted = names.map((name, i) => {
      const path = Array.isArray(described) ? `$['@describe'][${i}]` : "$['@describe']"
      if (typeof name !== 'string' || name === '?') return invalid(path, 'an identifier or a variable with a name')
      return isVariable(name)
        ? { variable: variables.number(name), id: 0, path }
        : { variable: -1, id: this.patterns.reference(name, path), path }
    })
    const subjects = new Set<ValueId>()
    if (where === undefined) {
      for (const { variable, id, path } of wanted) {
        if (variable >= 0) return invalid(path, 'an "@where" in which this variable stands')
        subjects.add(id)
      }
    } else {
      const pattern = this.patterns.where(where, variables)
      const bindings: Bindings = new Array(variables.names.length).fill(0)
      this.requireUsed(wanted, pattern.triples)
      if (!pattern.empty)
        solve(this.graph, pattern.triples, bindings, () => {
          for (const { variable, id } of wanted) subjects.add(variable < 0 ? id : bindings[variable])
          return true
        })
    }
    return [...subjects].map(subject => this.describe(subject)).filter(subject => subject !== undefined)
  }

  private requireUsed(
    wanted: readonly { variable: number; path: string }[],
    triples: readonly { subject: Term; property: Term; object: Term }[],
  ): void {
    const used = new Set(
      triples.flatMap(({ subject, property, object }) => [subject, property, object].map(t => t.variable)),
    )
    for (const { variable, path } of wanted)
      if (variable >= 0 && !used.has(variable)) invalid(path, 'a variable that stands in "@where"')
  }

  private readSelect(selected: unknown, where: unknown): Solution[] {
    if (where === undefined) return invalid("$['@where']", 'a pattern to match')
    const variables = new Variables()
    const wanted = this.selected(selected, variables)
    const pattern = this.patterns.where(where, variables)
    const columns =
      wanted ??
      variables.names.map((name, variable) => ({ name, variable, path: '' })).filter(({ name }) => name !== '')
    if (wanted !== undefined) this.requireUsed(wanted, pattern.triples)
    const bindings: Bindings = new Array(variables.names.length).fill(0)
    const solutions: Solution[] = []
    if (!pattern.empty)
      solve(this.graph, pattern.triples, bindings, () => {
        const solution: Solution = {}
        for (const { name, variable } of columns) solution[name as `?${string}`] = this.writer.value(bindings[variable])
        solutions.push(solution)
        return true
      })
    return solutions
  }

  /** @returns undefined for `*` */
  private selected(
    selected: unknown,
    variables: Variables,
  ): { name: string; variable: number; path: string }[] | undefined {
    if (selected === '*') return undefined
    const names = Array.isArray(selected) ? selected : [selected]
    if (names.length === 0) return invalid("$['@select']", 'a variable, or "*"')
    return names.map((name, i) => {
      const path = Array.isArray(selected) ? `$['@select'][${i}]` : "$['@select']"
      if (typeof name !== 'string' || !isVariable(name) || name === '?') return invalid(path, 'a variable with a name')
      return { name, variable: variables.number(name), path }
    })
  }
}

interface Term {
  readonly variable: number
}

function own(object: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

function invalid(path: string, expected: string): never {
  throw new CodedError('pattern-invalid', `The request is not understood at ${path}: expected ${expected}`, {
    path,
    expected,
  })
}
