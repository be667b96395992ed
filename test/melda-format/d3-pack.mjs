/** Section D.3 of the format: packs. */
import { isCharcode } from './a5-hash-field.mjs'
import { digestOf, sha256 } from './b-digest.mjs'
import { canonical, decode, isCanonical, parse, parseArray } from './b-json.mjs'
import { Integer } from './b-number.mjs'
import { checkOf } from './d2-delta.mjs'

const [open, close] = [...'{}'].map(brace => brace.charCodeAt(0))

/** The slices that the original takes for objects: it counts braces, also those in strings. */
export const countBraces = bytes => {
  const slices = []
  let depth = 0
  let start = 0
  for (const [at, byte] of bytes.entries()) {
    if (byte === open && ++depth === 1) start = at
    if (byte === close && --depth === 0) slices.push(bytes.subarray(start, at + 1))
  }
  return slices
}

const parsed = slice => {
  try {
    return parse(decode(slice))
  } catch {
    return undefined
  }
}

/** The digest that an object with `#` has in its record; undefined without `#`. */
const hashOf = object => {
  if (!object.has('#')) return undefined
  try {
    return digestOf(object)
  } catch (error) {
    return error.message
  }
}

const checkObject = (object, text, lost, add) => {
  if (!isCanonical(object, text)) add('D.3/canonical-object', text.slice(0, 60))
  if (canonical(object, 'ryu') !== canonical(object, 'signed')) add('B/exponent-style')
  if (object.has('_id')) add('A.5/identifier')
  const hash = hashOf(object)
  if (hash === undefined || isCharcode(hash)) return
  add('A.5/hash-field', hash)
  lost.add(hash)
}

/** Finds in `bytes` what the original does not see; adds their digests to `lost`. */
const scan = (bytes, seen, lost, add) => {
  const text = decode(bytes)
  const elements = parseArray(text)
  if (text !== `[${elements.map(element => element.text).join(',')}]`) add('D.3/canonical-bytes')
  const hidden = []
  for (const element of elements) {
    if (!(element.value instanceof Map)) {
      add('D.3/entries')
      continue
    }
    checkObject(element.value, element.text, lost, add)
    const digest = sha256(element.text)
    if (!seen.has(digest)) hidden.push(digest)
  }
  if (hidden.length > 0) add('D.3/brace-counting', hidden.join(', '))
  for (const digest of hidden) lost.add(digest)
}

/**
 * A pack: its objects by digest as the original sees them (undefined where the text is no object), and the digests of those that it
 * does not see though they are there.
 * @param {import('./findings.mjs').Findings} findings
 */
export const readPack = (file, findings) => {
  const pack = { id: file.stem, whole: false, objects: new Map(), lost: new Set() }
  const add = (check, detail) => findings.add(check, file.where, detail)
  if (file.bytes === undefined) return pack
  if (sha256(file.bytes) !== file.stem) {
    add('D.3/name')
    findings.fail('mismatching_digest')
    return pack
  }
  pack.whole = true
  for (const slice of countBraces(file.bytes)) {
    const object = parsed(slice)
    pack.objects.set(sha256(slice), object instanceof Map ? object : undefined)
  }
  try {
    scan(file.bytes, pack.objects, pack.lost, add)
  } catch (error) {
    add(checkOf(error, 'D.3/json'))
  }
  return pack
}

/**
 * Checks the index of a pack (generations A to C): where each object stands in it, in bytes.
 * @param {import('./findings.mjs').Findings} findings
 */
export const checkIndex = (file, pack, findings) => {
  const index = file.bytes && parsed(file.bytes)
  const agrees = ([digest, place]) => {
    if (!Array.isArray(place) || !place.every(number => number instanceof Integer)) return false
    const [offset, length] = place.map(number => Number(number.value))
    return sha256(pack.bytes.subarray(offset, offset + length)) === digest
  }
  if (!(index instanceof Map) || ![...index].every(agrees)) findings.add('D.3/index-file', file.where)
}
