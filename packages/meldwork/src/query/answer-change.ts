import type { Answer } from './answer.js'
import type { JsonMembers } from './request-json.js'

/** An answer, with a text that is the same exactly for what counts as the same: of a row all its terms, of a subject its identity. */
export interface KeyedAnswer {
  readonly key: string
  readonly answer: Answer
}

/** A subject that is another than it was. */
export interface ChangedAnswer {
  readonly key: string
  readonly before: Answer
  readonly after: Answer
}

/** How the answer to a request has changed. */
export interface AnswerChange {
  /** Rows, each as often as there are more of it now; subjects that were not in the answer. */
  readonly added: readonly KeyedAnswer[]
  readonly removed: readonly KeyedAnswer[]
  readonly changed: readonly ChangedAnswer[]
  /** The whole answer, for a request that says which of it comes first, or how much; undefined for others. */
  readonly answers: readonly Answer[] | undefined
}

/** The keys of subjects, whose answers may differ under the same key, begin with this; those of rows do not. */
export const subjectMark = '@'

/** One change after the other, as one. */
export class MergedChange {
  private readonly gone = new Map<string, Answer[]>()
  private readonly come = new Map<string, Answer[]>()
  private answers: readonly Answer[] | undefined

  add({ added, removed, changed, answers }: AnswerChange): void {
    for (const { key, answer } of removed) this.goes(key, answer)
    for (const { key, before, after } of changed) {
      this.goes(key, before)
      push(this.come, key, after)
    }
    for (const { key, answer } of added) push(this.come, key, answer)
    this.answers = answers
  }

  /** What goes came by one of these changes, or was there before them. */
  private goes(key: string, answer: Answer): void {
    const come = this.come.get(key)
    if (come === undefined) push(this.gone, key, answer)
    else if (come.length === 1) this.come.delete(key)
    else come.pop()
  }

  /**
   * @param last the whole answer before these changes, if it has an order
   * @returns undefined when they come to nothing
   */
  take(last: readonly Answer[] | undefined): AnswerChange | undefined {
    const { gone, come, answers } = this
    const added: KeyedAnswer[] = []
    const removed: KeyedAnswer[] = []
    const changed: ChangedAnswer[] = []
    for (const key of new Set([...gone.keys(), ...come.keys()])) {
      const before = gone.get(key) ?? []
      const after = come.get(key) ?? []
      const both = Math.min(before.length, after.length)
      if (both > 0 && key.startsWith(subjectMark) && !sameJson(before[0], after[0]))
        changed.push({ key, before: before[0], after: after[0] })
      for (const answer of before.slice(both)) removed.push({ key, answer })
      for (const answer of after.slice(both)) added.push({ key, answer })
    }
    const isNothing = added.length + removed.length + changed.length === 0
    return isNothing && sameJson(last, answers) ? undefined : { added, removed, changed, answers }
  }
}

function push(map: Map<string, Answer[]>, key: string, answer: Answer): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [answer])
  else known.push(answer)
}

/** Whether two answers are the same JSON, in whatever order their keys stand. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => sameJson(item, b[i]))
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every(key => Object.hasOwn(b, key) && sameJson((a as JsonMembers)[key], (b as JsonMembers)[key]))
  )
}
