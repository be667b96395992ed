/** Section C.4 of the format: the merge of two orders of an array. Elements are compared by their canonical text. */
import { canonical } from './b-json.mjs'

const byText = element => canonical(element)

/** The order `base` with the elements of `other` merged into it. */
export const mergeOrders = (base, other) => {
  if (base.length === 0) return [...other]
  const result = [...base]
  const texts = base.map(byText)
  const others = other.map(byText)
  const shared = others.findIndex(text => texts.includes(text))
  let pivot = shared < 0 ? other.length : shared
  let insert = shared < 0 ? 0 : texts.indexOf(others[shared])
  for (const [position, text] of others.entries()) {
    const found = texts.indexOf(text)
    if (found >= 0) {
      insert = found
      continue
    }
    if (position < pivot) pivot = position
    else insert++
    texts.splice(insert, 0, text)
    result.splice(insert, 0, other[position])
  }
  return result
}
