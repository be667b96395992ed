/** Section C.5 of the format: patches of orders, and the difference of two orders that makes them. */
import { canonical } from './b-json.mjs'
import { Integer } from './b-number.mjs'

const indexOf = value => (value instanceof Integer ? Number(value.value) : -1)

/**
 * The order that a patch makes of `order`; undefined if it is no patch or leaves the order's bounds.
 * @param {unknown[]} order
 * @param {unknown} patch
 */
export const applyPatch = (order, patch) => {
  if (!Array.isArray(patch)) return undefined
  const result = [...order]
  for (const operation of patch) {
    if (!Array.isArray(operation) || operation.length !== 3) return undefined
    const [kind, first, second] = operation
    if (kind === 'i' && Array.isArray(second)) {
      const at = indexOf(first)
      if (at < 0 || at > result.length) return undefined
      result.splice(at, 0, ...second)
    } else if (kind === 'd') {
      const count = indexOf(first)
      const at = indexOf(second)
      if (count < 0 || at < 0 || at + count > result.length) return undefined
      result.splice(at, count)
    } else {
      return undefined
    }
  }
  return result
}

/** The middle move of the area between the points (x0, y0) and (x1, y1): from where to where. Undefined if there is none. */
const middleMove = (old, now, { x0, y0, x1, y1 }) => {
  const width = x1 - x0
  const height = y1 - y0
  const most = width + height
  // How far each diagonal was followed, from either end; diagonal k stands at k + most.
  const forward = new Array(2 * most + 1).fill(0)
  const backward = new Array(2 * most + 1).fill(0)
  const inside = ({ x, y }) => x >= x0 && x <= x1 && y >= y0 && y <= y1
  for (let distance = 0; distance <= most; distance++) {
    const from = -distance + 2 * Math.max(0, distance - height)
    const to = distance - 2 * Math.max(0, distance - width)
    let ended = false
    for (const back of [false, true]) {
      const own = back ? backward : forward
      const other = back ? forward : backward
      const equal = (x, y) => (back ? old[x1 - 1 - x] === now[y1 - 1 - y] : old[x0 + x] === now[y0 + y])
      const point = (x, y) => (back ? { x: x1 - x, y: y1 - y } : { x: x0 + x, y: y0 + y })
      for (let k = from; k <= to; k += 2) {
        const down = k === -distance || (k !== distance && own[k - 1 + most] < own[k + 1 + most])
        const start = down ? own[k + 1 + most] : own[k - 1 + most] + 1
        let x = start
        while (x < width && x - k < height && equal(x, x - k)) x++
        own[k + most] = x
        if (distance > 0 && x >= width - other[width - height - k + most]) {
          const [near, far] = [point(start, start - k), point(x, x - k)]
          if (inside(near) && inside(far)) return back ? { top: far, bottom: near } : { top: near, bottom: far }
        }
        if (!back && x >= width && x - k >= height) ended = true
      }
    }
    if (ended) return undefined
  }
  return undefined
}

/**
 * The patch that makes the order `now` of the order `old`.
 * @param {unknown[]} old
 * @param {unknown[]} now
 */
export const diffOrders = (old, now) => {
  const oldTexts = old.map(element => canonical(element))
  const nowTexts = now.map(element => canonical(element))
  const operations = []
  const emit = (kind, { x0, y0, x1, y1 }) => {
    const last = operations.at(-1)
    if (last?.kind === kind && last.x1 === x0 && last.y1 === y0) Object.assign(last, { x1, y1 })
    else operations.push({ kind, x0, y0, x1, y1 })
  }
  const walk = (left, top, right, bottom) => {
    const area = { x0: left, y0: top, x1: right, y1: bottom }
    while (area.x0 < area.x1 && area.y0 < area.y1 && oldTexts[area.x0] === nowTexts[area.y0]) {
      area.x0++
      area.y0++
    }
    while (area.x0 < area.x1 && area.y0 < area.y1 && oldTexts[area.x1 - 1] === nowTexts[area.y1 - 1]) {
      area.x1--
      area.y1--
    }
    const width = area.x1 - area.x0
    const height = area.y1 - area.y0
    if (width === 0 && height === 0) return
    if (width === 0) return emit('i', area)
    if (height === 0) return emit('d', area)
    const move = middleMove(oldTexts, nowTexts, area)
    if (!move) throw new Error('no middle move')
    walk(area.x0, area.y0, move.top.x, move.top.y)
    walk(move.top.x, move.top.y, move.bottom.x, move.bottom.y)
    walk(move.bottom.x, move.bottom.y, area.x1, area.y1)
  }
  walk(0, 0, old.length, now.length)
  const integer = value => new Integer(BigInt(value))
  return operations.map(({ kind, x0, y0, x1, y1 }) =>
    kind === 'i' ? ['i', integer(y0), now.slice(y0, y1)] : ['d', integer(x1 - x0), integer(y0)],
  )
}
