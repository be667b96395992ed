const plain = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const canonicalShape = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** RFC 4648, section 4, padded: the canonical form of xsd:base64Binary. */
export function encodeBase64(bytes: Uint8Array): string {
  const text = encode(bytes, plain)
  return text + '='.repeat((4 - (text.length % 4)) % 4)
}

/** RFC 4648, section 5, without padding: fit for IRIs. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encode(bytes, url)
}

/** @returns undefined unless `text` is exactly what {@link encodeBase64} makes of some bytes */
export function decodeCanonicalBase64(text: string): Uint8Array | undefined {
  if (!canonicalShape.test(text)) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  let at = 0
  let bits = 0
  for (let i = 0; i < text.length - padding; i++) {
    bits = (bits << 6) | sextet(text.charCodeAt(i))
    const left = 6 - 2 * (i & 3)
    if (left < 6) bytes[at++] = (bits >> left) & 0xff
    bits &= (1 << left) - 1
  }
  // Bits that belong to no byte must be 0, or there would be two texts for the same bytes.
  return bits & (padding === 0 ? 0 : padding === 1 ? 3 : 15) ? undefined : bytes
}

function encode(bytes: Uint8Array, alphabet: string): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const three = (bytes[i] << 16) | ((left > 1 ? bytes[i + 1] : 0) << 8) | (left > 2 ? bytes[i + 2] : 0)
    text += alphabet[three >> 18] + alphabet[(three >> 12) & 63]
    if (left > 1) text += alphabet[(three >> 6) & 63]
    if (left > 2) text += alphabet[three & 63]
  }
  return text
}

/** Of a character of the plain alphabet. */
function sextet(code: number): number {
  if (code >= 97) return code - 71
  if (code >= 65) return code - 65
  if (code >= 48) return code + 4
  return code === 43 ? 62 : 63
}
