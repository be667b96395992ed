/**
 * Compares two texts by their code points, which is the order of their UTF-8 bytes. The order of UTF-16 code units, that of `<` and of `sort()`,
 * is another: it puts U+1F600 before U+FFFD.
 * @returns below 0, 0 or above 0, for `sort`
 */
export function compareCodePoints(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1
  }
  return a.length - b.length
}

const isSurrogate = (unit: number): boolean => (unit & 0xf800) === 0xd800
