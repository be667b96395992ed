import { canonicalJson, hexadecimal, type JsonObject, sha256Of } from '../codec/index.js'
import { isCountable, type PackedObject, withEscapedBraces } from './pack.js'
import { markers } from './revision.js'

/** How a value is written into a pack by a migration: canonical, but for what Melda's own tools cannot count, which is escaped. */
export function storedText(value: JsonObject): PackedObject {
  const text = canonicalJson(value)
  if (text === '{}') return { digest: markers.empty, text }
  const written = isCountable(text) ? text : withEscapedBraces(text)
  return { digest: hexadecimal(sha256Of(written)), text: written }
}
