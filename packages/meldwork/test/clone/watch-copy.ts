/** A copy of an answer, kept by the changes that a watcher gets, strictly: nothing goes that is not there. */
import { expect } from 'vitest'
import type { Change, Clone, GraphSubject, Read, Solution } from '../../src/index.js'

/** JSON with the keys of all objects in order. */
export const canonical = (json: unknown): string =>
  JSON.stringify(json, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )

/** JSON with all arrays sorted. */
const sorted = (json: unknown): unknown => {
  if (Array.isArray(json)) return json.map(item => canonical(sorted(item))).sort()
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, sorted(value)]))
}

export class Copy {
  readonly answers: string[] = []
  calls = 0
  last: Change | undefined

  apply(change: Change): void {
    this.expectChange(change)
    this.calls++
    this.last = change
    for (const answer of change.removed) this.remove(answer)
    for (const { before, after } of change.changed) {
      expect((before as GraphSubject)['@id']).toBe((after as GraphSubject)['@id'])
      this.remove(before)
      this.answers.push(canonical(after))
    }
    for (const answer of change.added) this.answers.push(canonical(answer))
  }

  /** It says something, and nothing twice. */
  private expectChange({ added, removed, changed, answers }: Change): void {
    if (this.calls > 0 && added.length + removed.length + changed.length === 0)
      expect(answers?.map(canonical), 'another order').not.toEqual(this.last?.answers?.map(canonical))
    const gone = new Set(removed.map(canonical))
    for (const answer of added) expect(gone.has(canonical(answer)), canonical(answer)).toBe(false)
    for (const { before, after } of changed) expect(canonical(before)).not.toBe(canonical(after))
  }

  private remove(answer: GraphSubject | Solution): void {
    const at = this.answers.indexOf(canonical(answer))
    expect(at, `removed ${canonical(answer)} of ${this.answers.join()}`).toBeGreaterThanOrEqual(0)
    this.answers.splice(at, 1)
  }

  /** What is read is what has been told. */
  expectSameAs(clone: Clone, request: Read): void {
    const read = (clone.read(request) as unknown[]).map(canonical)
    const hint = JSON.stringify(request)
    // The order of several subjects in one that is constructed is any.
    const any = (text: string) => ('@construct' in request ? canonical(sorted(JSON.parse(text))) : text)
    expect(this.answers.map(any).sort(), hint).toEqual(read.map(any).sort())
    if ('@orderBy' in request || '@limit' in request || '@offset' in request)
      expect(this.last?.answers?.map(canonical), hint).toEqual(read)
  }
}
