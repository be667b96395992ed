import { equalNumbers, isNumber } from './json-equality.js'
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, memberOf, setMember } from './json-value.js'

/**
 * `after`, in which each number that equals the one at the same place of `before` has the form that it has there: an app that reads 1.0 as 1 and writes
 * it back has not changed it.
 * @returns `after` itself where nothing differs; parts of both are shared
 */
export function keepNumbers(before: JsonValue, after: JsonValue): JsonValue {
  if (before === after) return after
  if (isNumber(after)) return isNumber(before) && equalNumbers(before, after) ? before : after
  if (isJsonArray(after)) return isJsonArray(before) ? keepInArray(before, after) : after
  if (isJsonObject(after)) return isJsonObject(before) ? keepInObject(before, after) : after
  return after
}

function keepInArray(before: readonly JsonValue[], after: readonly JsonValue[]): readonly JsonValue[] {
  let kept: JsonValue[] | undefined
  const length = Math.min(before.length, after.length)
  for (let i = 0; i < length; i++) {
    const item = keepNumbers(before[i], after[i])
    if (item === after[i]) continue
    kept ??= after.slice()
    kept[i] = item
  }
  return kept ?? after
}

function keepInObject(before: JsonObject, after: JsonObject): JsonObject {
  let kept: { [key: string]: JsonValue } | undefined
  for (const key of Object.keys(after)) {
    const earlier = memberOf(before, key)
    if (earlier === undefined) continue
    const member = keepNumbers(earlier, after[key])
    if (member === after[key]) continue
    kept ??= { ...after }
    setMember(kept, key, member)
  }
  return kept ?? after
}
