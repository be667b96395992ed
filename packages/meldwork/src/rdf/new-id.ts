import { encodeBase64Url } from './base64.js'

/**
 * A new identifier, relative to the domain: `.well-known/genid/` (RDF 1.1, section 3.5) and 128 random bits.
 * @param random gives that many random bytes: `Environment.random`
 */
export function newId(random: (length: number) => Uint8Array): string {
  return `.well-known/genid/${encodeBase64Url(random(16))}`
}
