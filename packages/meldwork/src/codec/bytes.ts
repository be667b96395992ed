/** Whether `one` is what stands in `bytes` at `from` with this length. */
export function sameBytes(one: Uint8Array, bytes: Uint8Array, from = 0, length = bytes.length): boolean {
  if (one.length !== length) return false
  for (let i = 0; i < length; i++) if (one[i] !== bytes[from + i]) return false
  return true
}
