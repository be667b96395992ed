// What `text` writes: the same for every peer, made anew from a seed.

/** Numbers from 0 to below 1 (mulberry32). */
export function random(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** `count` edits `[index, letter]`, from a text of `length` on: at its end, or anywhere. */
export function edits(seed, count, { length = 0, atEnd = false } = {}) {
  const next = random(seed)
  return Array.from({ length: count }, (_, i) => {
    const index = atEnd ? length + i : Math.floor(next() * (length + i + 1))
    return [index, String.fromCharCode(97 + Math.floor(next() * 26))]
  })
}

export function edited(edits) {
  const letters = []
  for (const [index, letter] of edits) letters.splice(index, 0, letter)
  return letters.join('')
}
