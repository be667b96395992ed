import { canonicalJson, type JsonValue } from '../codec/index.js'

/**
 * Gives the elements of orders numbers, equal ones the same, so that they are compared fast. Two are equal when their canonical JSON is: 1 and 1.0 are
 * two. Almost all are texts: identifiers.
 */
export class ElementNumbers {
  private readonly texts = new Map<string, number>()
  private readonly others = new Map<string, number>()
  private count = 0

  of(element: JsonValue): number {
    return typeof element === 'string'
      ? this.number(this.texts, element)
      : this.number(this.others, canonicalJson(element))
  }

  private number(numbers: Map<string, number>, key: string): number {
    const known = numbers.get(key)
    if (known !== undefined) return known
    numbers.set(key, this.count)
    return this.count++
  }
}
