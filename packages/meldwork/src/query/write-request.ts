import { memberPath, type TermTable } from '../rdf/index.js'
import { type DeletePattern, type Keys, PatternReader, Variables } from '../subject/index.js'
import type { Algebra } from './algebra.js'
import { invalid, type JsonMembers, own, unsupported } from './request-json.js'
import { inScope, mentioned } from './scope.js'
import { TemplateReader, type TemplateRules, type TemplateSubject } from './template.js'
import { WhereReader } from './where-reader.js'

/** An update, understood. */
export interface UpdatePlan {
  /** How many variables there are. */
  readonly width: number
  /** Whose solutions the templates are made for; undefined when there is no pattern. */
  readonly where: Algebra | undefined
  /** What matches is deleted: for each solution, with its values of the variables. */
  readonly delete: DeletePattern | undefined
  readonly insert: readonly TemplateSubject[]
  /** Each property that stands here gets the values that stand here, in place of those that it has. */
  readonly update: readonly TemplateSubject[]
  /** Whether there are no variables between the parts, so that `@insert` can be read as subjects are. */
  readonly plainInsert: boolean
}

const updateKeys = ['@delete', '@insert', '@update', '@where', '@context']

/** Whether a write is an update, and not subjects to insert. */
export function isUpdate(json: JsonMembers): boolean {
  return ['@delete', '@insert', '@update', '@where'].some(key => Object.hasOwn(json, key))
}

/**
 * Reads updates: `@delete`, `@insert` and `@update`, with an `@where`. Without one, the `@delete` is the pattern for what names its variables.
 *
 * Errors: `pattern-invalid`, `pattern-unsupported`, `value-invalid`, `iri-malformed`, each with the path.
 */
export class WriteRequestReader {
  private readonly keys: Keys
  private readonly patterns: PatternReader
  private readonly variables = new Variables()
  private readonly where: WhereReader

  /** @param terms those of the keys: of this request alone */
  constructor(keys: Keys, terms: TermTable) {
    this.keys = keys
    this.patterns = new PatternReader(keys)
    this.where = new WhereReader(this.patterns, this.variables, terms)
  }

  read(json: JsonMembers): UpdatePlan {
    for (const name of Object.keys(json))
      if (!updateKeys.includes(name))
        return unsupported(name, memberPath('$', name), `beside an update there can be ${updateKeys.join(', ')}`)
    const [deleted, inserted, updated, where] = ['@delete', '@insert', '@update', '@where'].map(key => own(json, key))
    if (deleted === undefined && inserted === undefined && updated === undefined)
      return invalid('$', '"@delete", "@insert" or "@update" beside "@where"')
    const pattern = where === undefined ? undefined : this.where.read(where)
    const deletes = saysNothing(deleted) ? undefined : this.patterns.delete(deleted, this.variables)
    if (pattern !== undefined) this.requireNamed(deletes, inScope(pattern))
    const matched: Algebra | undefined = deletes && { type: 'bgp', triples: deletes.triples, lists: deletes.lists }
    const joint = joined(pattern, matched)
    const scope = joint === undefined ? new Set<number>() : inScope(joint)
    const hasNames = [...scope].some(variable => this.variables.names[variable] !== '')
    if (pattern === undefined && updated === undefined && !hasNames)
      return { width: this.width, where: undefined, delete: deletes, insert: [], update: [], plainInsert: true }
    const insert = inserted === undefined ? [] : this.templates(inserted, "$['@insert']", scope, false)
    const update = updated === undefined ? [] : this.templates(updated, "$['@update']", scope, true)
    if (update.some(({ id }) => id === undefined)) return invalid("$['@update']", 'an "@id" in each subject')
    // Only what is named by the templates must be found together; the rest of an @delete matches by itself.
    const needed = pattern === undefined ? new Set<number>() : mentioned(pattern)
    const isJoint = [...this.used].some(variable => scope.has(variable) && !needed.has(variable))
    const uses = pattern !== undefined || this.used.size > 0 || updated !== undefined
    return {
      width: this.width,
      where: isJoint ? joint : pattern,
      delete: deletes,
      insert,
      update,
      plainInsert: !uses,
    }
  }

  /** A subject to be deleted whole must be known: any subject at all is not what an update with a pattern means. */
  private requireNamed(deletes: DeletePattern | undefined, scope: ReadonlySet<number>): void {
    for (const { variable } of deletes?.subjects ?? [])
      if (variable >= 0 && !scope.has(variable))
        invalid(
          "$['@delete']",
          `a variable that stands in "@where", which ${this.variables.names[variable] || '?'} does not`,
        )
  }

  private get width(): number {
    return this.variables.names.length
  }

  /** The variables that templates have named. */
  private readonly used = new Set<number>()

  private templates(json: unknown, path: string, scope: ReadonlySet<number>, current: boolean): TemplateSubject[] {
    const place = this.where.place(scope)
    const noted = {
      ...place,
      isInScope: (variable: number) => {
        const known = scope.has(variable)
        if (known) this.used.add(variable)
        return known
      },
    }
    const rules: TemplateRules = { expressions: true, current, lists: true }
    return new TemplateReader(this.keys, this.patterns, this.variables, this.where.expressions, noted, rules).subjects(
      json,
      path,
    )
  }
}

/** An empty array says nothing, here as everywhere: programs put together what is to go. In a pattern it would match more than was meant. */
function saysNothing(deleted: unknown): boolean {
  return deleted === undefined || (Array.isArray(deleted) && deleted.length === 0)
}

function joined(left: Algebra | undefined, right: Algebra | undefined): Algebra | undefined {
  if (left === undefined || right === undefined) return left ?? right
  return { type: 'join', left, right }
}
