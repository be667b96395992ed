import { replicaName, timeMs } from '../causality/index.js'
import { type Candidate, compareTimes, type Rule, type RuleSet } from '../constraint/index.js'
import { CodedError, hasCode } from '../errors.js'
import type { Context, PropertyId, ValueId } from '../rdf/index.js'
import { Keys, type ReadValue, SubjectWriter, type Value } from '../subject/index.js'
import type { Hidden, Transactions } from '../transaction/index.js'
import { type DeclaredConstraint, declaredConstraint } from './rules.js'

/** A value that was written, and may be seen or not. */
export interface ConflictCandidate {
  readonly value: ReadValue
  readonly visible: boolean
  /** When it was written, in milliseconds since 1970, by the clock of who did. */
  readonly timeMs: number
  /** The replica id of the clone that wrote it, as `status.replica` has it there. */
  readonly replica: string
}

/** Data that a rule hides: what was written, what is seen of it, and which rule chose. */
export interface Conflict {
  readonly subject: string
  readonly property: string
  /** The rule that hides. */
  readonly constraint: DeclaredConstraint
  /** The values that are seen; none where the rule leaves none. */
  readonly winners: readonly ReadValue[]
  /** All values, the latest first. None where the rule hides a subject for what it lacks. */
  readonly candidates: readonly ConflictCandidate[]
  /** Whether the whole subject is hidden. */
  readonly hidesSubject: boolean
}

/** Which conflicts: all that are given must be so. */
export interface ConflictFilter {
  readonly subject?: string
  readonly property?: string
  /** The type of the rule, as its declaration has it. */
  readonly constraint?: string
}

/** Values as a patch has them: those that the property is to have. */
export type ConflictChoice = Value | readonly Value[] | null

/** Told of the conflicts that there are, whenever they change. */
export type ConflictHandler = (conflicts: readonly Conflict[]) => void

/** Reads what rules hide as conflicts. */
export class Conflicts {
  private readonly transactions: Transactions
  private readonly context: Context
  private readonly subjects: SubjectWriter

  constructor(transactions: Transactions, context: Context) {
    this.transactions = transactions
    this.context = context
    this.subjects = new SubjectWriter(new Keys(context, transactions.graph.terms))
  }

  /** Grows when what is hidden changes. */
  get revision(): number {
    return this.transactions.view.reasons.revision
  }

  /** By subject and property, in the order of their names. */
  list(filter: ConflictFilter = {}): Conflict[] {
    const { view, ruleSet } = this.transactions
    if (filter.subject === undefined) return this.read(view.hidden(), filter, ruleSet)
    const subject = this.subjectOf(filter.subject)
    return subject === undefined ? [] : this.read(view.hidden(subject), filter, ruleSet)
  }

  read(hidden: Iterable<Hidden>, filter: ConflictFilter, set: RuleSet): Conflict[] {
    const groups = new Map<string, { hidden: Hidden; property: PropertyId }>()
    for (const one of hidden) {
      const { rule, subject, property } = one
      const about = rule.stratum === 'subject' ? rule.reads[0] : property
      const key = `${subject} ${about} ${rule.name}`
      if (!groups.has(key) && this.isAsked(rule, about, filter, set)) groups.set(key, { hidden: one, property: about })
    }
    const conflicts = Array.from(groups.values(), ({ hidden: { rule, subject }, property }) =>
      this.conflict(rule, subject, property, set),
    )
    const key = ({ subject, property, constraint }: Conflict) =>
      [subject, property, JSON.stringify(constraint)].join('\n')
    return conflicts.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
  }

  /** Decided before the conflict is read: there may be many, and few of them asked for. */
  private isAsked(rule: Rule, about: PropertyId, { property, constraint }: ConflictFilter, set: RuleSet): boolean {
    if (property !== undefined && this.subjects.property(about) !== property) return false
    return constraint === undefined || declaredConstraint(rule, set)['@type'] === constraint
  }

  /** The subject of this name; undefined when there is none. */
  private subjectOf(name: string): ValueId | undefined {
    const { context } = this
    try {
      const id = this.transactions.graph.terms.iri(context.iris.short(context.expandReference(name)), false)
      return id === 0 ? undefined : id
    } catch (error) {
      if (hasCode(error, 'iri-malformed')) return undefined
      throw error
    }
  }

  private conflict(rule: Rule, subject: ValueId, property: PropertyId, set: RuleSet): Conflict {
    const { subjects } = this
    const { graph, view } = this.transactions
    const hidesSubject = rule.stratum === 'subject'
    const candidates = hidesSubject ? [] : view.candidates(subject, property)
    const isHere = ({ value }: Candidate) => {
      const reason = view.reasons.of(subject, property, value)
      return reason === undefined || reason === rule
    }
    const label = subjects.property(property)
    const listed = candidates
      .filter(isHere)
      .sort((a, b) => b.time - a.time || subjects.compare(a.value, b.value) || compareTimes(a, b))
      .map(candidate => ({
        value: subjects.valueUnder(label, candidate.value),
        visible: graph.has(subject, property, candidate.value),
        timeMs: timeMs(candidate.time),
        replica: replicaName(candidate.replica),
      }))
    const visible: number[] = []
    const count = graph.objects(subject, property, visible)
    return {
      subject: subjects.id(subject),
      property: label,
      constraint: declaredConstraint(rule, set),
      winners: visible
        .slice(0, count)
        .sort((a, b) => subjects.compare(a, b))
        .map(value => subjects.valueUnder(label, value)),
      candidates: listed,
      hidesSubject,
    }
  }

  /** @throws CodedError `conflict-outdated` when it is not as it was */
  requireCurrent({ subject, property, constraint, candidates }: Conflict): void {
    const now = this.list({ subject, property }).find(
      other => JSON.stringify(other.constraint) === JSON.stringify(constraint),
    )
    const texts = (of: readonly ConflictCandidate[]) => JSON.stringify(of.map(({ value, visible }) => [value, visible]))
    if (now !== undefined && texts(now.candidates) === texts(candidates)) return
    const message = `The conflict at ${property} of ${subject} is not as it was: somebody has written there. Look at conflicts() again`
    throw new CodedError('conflict-outdated', message, { subject, property, resolved: now === undefined })
  }
}
