// The objects that the workloads write. The generator is taken over unchanged from the project's own comparison of peers
// (2026), so that figures can be set beside those: do not "improve" it.
//
// `plain` is formulaic, so that a columnar encoding makes almost nothing of it: use `entropic` for sizes of a whole. Both
// have the same shape and about the same sizes; the sum of `count` is the same.

/** A well-mixed 32-bit number of an index. */
const mix = index => {
  let t = (index + 0x6d2b79f5) >>> 0
  t = Math.imul(t ^ (t >>> 15), t | 1)
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
  return (t ^ (t >>> 14)) >>> 0
}

const syllables = [
  'ka',
  'ro',
  'ten',
  'mi',
  'sal',
  'vor',
  'ne',
  'lu',
  'bra',
  'fin',
  'do',
  'gar',
  'hel',
  'ip',
  'ost',
  'qua',
]

function word(bits) {
  let text = ''
  for (let k = 0; k < 5; k++) {
    text += syllables[bits & 15]
    bits >>>= 4
  }
  return text
}

const plain = (i, n) => ({
  name: `Object number ${i}`,
  count: i * 3,
  score: i / 7 + 0.5,
  active: i % 3 === 0,
  next: `obj${(i * 7919 + 1) % n}`,
})

const entropic = (i, n) => ({
  name: `${word(mix(i))} ${word(mix(i + 777777))}`,
  count: i * 3,
  score: (mix(i + 99999) / 4294967296) * 1000,
  active: (mix(i + 5555) & 1) === 1,
  next: `obj${mix(i + 31337) % n}`,
})

/** `n` entries `[id, object]`. `next` is the id of another object: a reference, where a peer has such. */
export function objects(n, entropy = false) {
  const make = entropy ? entropic : plain
  return Array.from({ length: n }, (_, i) => [`obj${i}`, make(i, n)])
}
