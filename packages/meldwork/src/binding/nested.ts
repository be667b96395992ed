import { isInstance, valuesOf } from './property.js'
import { idOf } from './value-key.js'

/**
 * A copy and the subjects that the app has put inside it, however deep and however often: objects with an `@id`. One that has nothing else is a reference, unless it is an
 * instance of a class.
 * @returns all of them, the copy first; and, by `@id`, the first of those that stand inside one
 */
export function subjectsIn(root: object): {
  readonly all: ReadonlySet<object>
  readonly nested: ReadonlyMap<string, object>
} {
  const all = new Set<object>([root])
  const nested = new Map<string, object>()
  // A set is iterated with what is added meanwhile.
  for (const subject of all)
    for (const value of valuesOf(subject))
      for (const each of Array.isArray(value) ? value : [value]) {
        if (!isSubject(each)) continue
        all.add(each)
        const id = idOf(each)!
        if (!nested.has(id)) nested.set(id, each)
      }
  return { all, nested }
}

function isSubject(value: unknown): value is object {
  if (idOf(value) === undefined) return false
  return isInstance(value as object) || Object.keys(value as object).length > 1
}
