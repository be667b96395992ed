import type { Clone, Conflict, DeclareOptions } from '../clone/index.js'
import type { Constraint } from '../constraint/index.js'
import { canonicalJson, type Json, NamedNode, type RDF } from '../rdf/index.js'
import { ShapesGraph } from './shacl-graph.js'
import { type NotKept, RuleReader } from './shacl-rules.js'

/** Shapes that have been declared, or would be. */
export interface ShapesDeclaration {
  /** The IRIs of the rules that were declared now; empty when they were only tried. */
  readonly declared: readonly string[]
  /** The IRIs of those that had been declared before, and stay. */
  readonly kept: readonly string[]
  /** The IRIs of those of the same shapes that are no more in them, and were deleted, or would be. */
  readonly withdrawn: readonly string[]
  /** What the new ones hide of what is here now, each by itself. */
  readonly conflicts: readonly Conflict[]
  readonly notKept: readonly NotKept[]
}

/**
 * Declares shapes for the whole domain: each rule that is read from them becomes data, all in one transaction. A rule has an IRI that says of which shape and component it
 * is, and what it consists of: so the same shapes may be declared again, at several clones at once, and nothing happens. Where a shape has changed, its former
 * rules are deleted. Those of a shape that is not among the quads any more, or has no IRI, stay: delete them.
 * @param options.dryRun declares nothing, and only says what would be hidden
 * @throws CodedError (as a rejection) `constraint-invalid`, nothing having happened: as {@link shapes} does, or because a rule contradicts one that is in force;
 *   otherwise as {@link Clone.declare} does
 */
export async function declareShapes(
  clone: Clone,
  quads: Iterable<RDF.BaseQuad>,
  options: DeclareOptions = {},
): Promise<ShapesDeclaration> {
  const graph = new ShapesGraph(quads)
  const { rules, notKept } = new RuleReader(graph).read()
  const wanted = new Map<string, Constraint>()
  for (const { shape, component, constraint } of rules) {
    const named = graph.has(new NamedNode(shape)) ? shape : `http://${clone.domain}/shape`
    wanted.set(`${named}.${component}.${digest(canonicalJson(constraint as Json))}`, constraint)
  }
  const { inForce, notInForce } = clone.rules
  const present = new Set([...inForce, ...notInForce].flatMap(({ id }) => id ?? []))
  const added = [...wanted].filter(([id]) => !present.has(id))
  const withdrawn = [...present].filter(id => !wanted.has(id) && isOf(graph, id)).sort()
  // Tried first: then nothing has been written when one of them cannot be in force.
  const conflicts: Conflict[] = []
  for (const [, constraint] of added) conflicts.push(...(await clone.declare(constraint, { dryRun: true })).conflicts)
  const { dryRun, ...writing } = options
  const kept = [...wanted.keys()].filter(id => present.has(id))
  if (dryRun === true) return { declared: [], kept, withdrawn, conflicts, notKept }
  const written: Promise<unknown>[] = []
  const batch = clone.batch(() => {
    for (const id of withdrawn) written.push(clone.delete(id))
    for (const [id, constraint] of added) written.push(clone.declare({ ...constraint, '@id': id }))
  }, writing)
  await Promise.all([batch, ...written])
  return { declared: added.map(([id]) => id), kept, withdrawn, conflicts, notKept }
}

/** Whether a rule was read from a shape that is here. */
function isOf(graph: ShapesGraph, id: string): boolean {
  const shape = /^(.*)\.[A-Za-z]+\.[0-9a-z]{16}$/.exec(id)?.[1]
  return shape !== undefined && graph.has(new NamedNode(shape))
}

/** Names a text: 16 hexadecimal digits of FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/). Nobody gains by two texts of one name. */
function digest(text: string): string {
  let hash = 0xcbf29ce484222325n
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return hash.toString(16).padStart(16, '0')
}
