/** The independent engine: Comunica, which `test/oracle/` brings along in a folder of its own. */
import { createRequire } from 'node:module'
import type { RDF } from '../../src/index.js'
import { functions } from './normal.js'
import { fromRdf, type Term } from './terms-pool.js'

const folder = new URL('../../../../test/oracle/', import.meta.url)
const require = createRequire(new URL('package.json', folder))

interface Stream<T> {
  toArray(): Promise<T[]>
}
interface Engine {
  queryBindings(text: string, context: object): Promise<Stream<Iterable<readonly [RDF.Variable, RDF.Term]>>>
  queryBoolean(text: string, context: object): Promise<boolean>
  queryQuads(text: string, context: object): Promise<Stream<RDF.BaseQuad>>
}

function load<T>(name: string): T {
  try {
    return require(name) as T
  } catch (error) {
    const { code } = error as { code?: string }
    if (code !== 'MODULE_NOT_FOUND') throw error
    throw new Error('The engine to compare with is not installed: npm ci --prefix test/oracle')
  }
}

/** In this version, a BIND whose expression is an error is joined as if its variable had a value. */
function mendExtend(): void {
  type Output = { metadata(): Promise<{ variables: { canBeUndef: boolean }[] }> }
  type Actor = { prototype: { runOperation(...args: unknown[]): Promise<Output> } }
  const { ActorQueryOperationExtend: extend } = load<{ ActorQueryOperationExtend: Actor }>(
    '@comunica/actor-query-operation-extend',
  )
  const { runOperation } = extend.prototype
  extend.prototype.runOperation = async function (...args) {
    const output = await runOperation.apply(this, args)
    const metadata = async () => {
      const all = await output.metadata()
      return {
        ...all,
        variables: all.variables.map((each, i) =>
          i < all.variables.length - 1 ? each : { ...each, canBeUndef: true },
        ),
      }
    }
    return { ...output, metadata }
  }
}

/**
 * In this version, joining by substitution lets an optional part inside an optional part see what it must not, and joining by hashes loses solutions
 * where a variable may have no value. Where there is a choice, the sides of a join are solved apart and compared each with each.
 */
function joinPlainly(): void {
  type Action = { readonly entries: readonly { readonly operationRequired?: boolean }[] }
  type Actor = { getJoinCoefficients(this: { canHandleUndefs: boolean }, action: Action, side: unknown): unknown }
  const { failTest } = load<{ failTest(message: string): unknown }>('@comunica/core')
  for (const [room, name] of [
    ['actor-rdf-join-optional-bind', 'ActorRdfJoinOptionalBind'],
    ['actor-rdf-join-inner-multi-bind', 'ActorRdfJoinMultiBind'],
    ['actor-rdf-join-optional-hash', 'ActorRdfJoinOptionalHash'],
    ['actor-rdf-join-inner-hash', 'ActorRdfJoinHash'],
  ]) {
    const { prototype: actor } = load<Record<string, { prototype: Actor }>>(`@comunica/${room}`)[name]
    const { getJoinCoefficients } = actor
    actor.getJoinCoefficients = function (action, side) {
      const isNeeded = action.entries.some(entry => entry.operationRequired)
      if (this.canHandleUndefs && !isNeeded) return failTest('not where a variable may have no value')
      return getJoinCoefficients.call(this, action, side)
    }
  }
}

/** A solution: values of variables, with the question mark. */
export type OracleSolution = ReadonlyMap<string, Term>

/** Answers SPARQL over quads. */
export class Oracle {
  private readonly engine: Engine
  /** After how long a request counts as one that never ends. */
  private readonly patienceMs: number

  /** @param options.large whether there is much data: joined as fast as this engine can, with its errors in rare joins */
  constructor({ large = false } = {}) {
    this.patienceMs = large ? 20_000 : 1000
    const { QueryEngine } = load<{ QueryEngine: new () => Engine }>('@comunica/query-sparql-rdfjs-lite')
    const errors = load<Record<'ExpressionError' | 'ExtensionFunctionError', { prototype: object }>>(
      '@comunica/utils-expression-evaluator',
    )
    // An error in a function is an error of the expression (SPARQL 1.1, 17.6), not one of the program.
    Object.setPrototypeOf(errors.ExtensionFunctionError.prototype, errors.ExpressionError.prototype)
    if (!large) {
      mendExtend()
      joinPlainly()
    }
    this.engine = new QueryEngine()
  }

  over(quads: Iterable<RDF.BaseQuad>): OracleData {
    const { RdfStore } = load<{ RdfStore: { createDefault(): { addQuad(quad: RDF.BaseQuad): void } } }>('rdf-stores')
    const store = RdfStore.createDefault()
    for (const quad of quads) store.addQuad(quad)
    return new OracleData(this.engine, this.patienceMs, {
      sources: [store],
      extensionFunctions: functions,
      '@comunica/utils-expression-evaluator:defaultTimeZone': { zoneHours: 0, zoneMinutes: 0 },
    })
  }
}

/** The engine has no answer: it cannot plan some joins of optional parts, calculates with what is no number, and for a few requests it never ends. */
export class NoAnswer extends Error {}

async function answered<T>(patienceMs: number, answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswer('never ends')), patienceMs)
  })
  try {
    return await Promise.race([answer, tooLong])
  } catch (error) {
    const isKnown = error instanceof Error && /^RDF joining failed|^\[BigNumber Error\]/.test(error.message)
    if (isKnown) throw new NoAnswer(error.message)
    throw error
  } finally {
    clearTimeout(timer)
  }
}

export class OracleData {
  private readonly engine: Engine
  private readonly patienceMs: number
  private readonly context: object

  constructor(engine: Engine, patienceMs: number, context: object) {
    this.engine = engine
    this.patienceMs = patienceMs
    this.context = context
  }

  async solutions(text: string): Promise<OracleSolution[]> {
    const all = await answered(
      this.patienceMs,
      this.engine.queryBindings(text, this.context).then(stream => stream.toArray()),
    )
    return all.map(bindings => new Map([...bindings].map(([name, term]) => [`?${name.value}`, fromRdf(term)])))
  }

  ask(text: string): Promise<boolean> {
    return answered(this.patienceMs, this.engine.queryBoolean(text, this.context))
  }

  async triples(text: string): Promise<RDF.BaseQuad[]> {
    return answered(
      this.patienceMs,
      this.engine.queryQuads(text, this.context).then(stream => stream.toArray()),
    )
  }
}
