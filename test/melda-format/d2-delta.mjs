/** Section D.2 of the format: delta blocks. */
import { sha256 } from './b-digest.mjs'
import { canonical, compareBytes, decode, isCanonical, JsonError, parse } from './b-json.mjs'
import { Float } from './b-number.mjs'
import { childRevision, compareRevisions, firstRevision, Panic, parseRevision } from './b-revision.mjs'
import { childOfPatched, parsePatchedRevision } from './j-generation-a.mjs'

const letter = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]'
const numbered = new RegExp(`(\\p{Nd}+)-(${letter}+)`, 'u')
const bare = /^[0-9a-f]{64}$/
const fields = { c: Array.isArray, i: value => value instanceof Map, k: Array.isArray, p: Array.isArray }

/** The delta id that a text contains: index, hash and the id as the original writes it; undefined if there is none. */
export const parseDeltaId = text => {
  const [, index, hash] = numbered.exec(text) ?? []
  return index === undefined ? undefined : { index: Number(index), hash, text: `${Number(index)}-${hash}` }
}

/** Orders delta ids: by index, then by hash. Bare hashes have no index. */
export const compareDeltaIds = (left, right) => {
  const [a, b] = [left, right].map(id => parseDeltaId(id) ?? { index: 0, hash: id })
  return a.index - b.index || compareBytes(a.hash, b.hash)
}

/** The check that a text which cannot be read breaks. */
export const checkOf = (error, otherwise) => {
  if (!(error instanceof JsonError)) throw error
  return error.kind === 'json' ? otherwise : `B/${error.kind}`
}

const isSorted = (items, compare, strictly) =>
  items.every((item, at) => at === 0 || compare(items[at - 1], item) < (strictly ? 0 : 1))

const hasFloat = value => {
  if (value instanceof Map) return [...value.values()].some(hasFloat)
  return Array.isArray(value) ? value.some(hasFloat) : value instanceof Float
}

/** The delta is rejected: the check that says so. */
class Rejected extends Error {
  constructor(check, detail = '') {
    super(detail)
    this.check = check
  }
}

const readRevision = text => {
  const revision = parsePatchedRevision(text) ?? parseRevision(text)
  if (!revision) throw new Rejected('D.2/revision-string', text)
  return revision
}

const readRecord = (record, isNumbered) => {
  if (!record.every(element => typeof element === 'string')) throw new Rejected('D.2/record-shape')
  const long = record.length === 4 && !isNumbered
  if (record.length !== 2 && record.length !== 3 && !long) throw new Rejected('D.2/record-length')
  if (record.length === 2) return { id: record[0], digest: record[1], revision: firstRevision(record[1]) }
  const [id, text, digest, patchDigest] = record
  const parent = readRevision(text)
  const revision = long ? childOfPatched(parent, digest, patchDigest) : childRevision(parent, digest)
  return { id, digest, patchDigest, parent, written: text, revision }
}

/** Whether the bytes would be the same if the original wrote them again. */
const checkBytes = (value, text, add) => {
  if (isCanonical(value, text)) return
  const asWritten = style =>
    `{${[...value].map(([key, field]) => `${canonical(key)}:${canonical(field, style)}`).join(',')}}`
  add(text === asWritten('ryu') || text === asWritten('signed') ? 'D.2/key-order' : 'D.2/canonical-bytes')
}

const checkOrders = (parents, records, add) => {
  if (!isSorted(parents, compareDeltaIds, true)) add('D.2/parents-order')
  if (!isSorted(records, (left, right) => compareBytes(left.id, right.id), false)) add('D.2/changes-order')
  // Whether resolved ones come first, as among leaves, or stand by their bytes, the format leaves open.
  const byBytes = (left, right) => left.index - right.index || compareBytes(left.text, right.text)
  const inOrder = compare =>
    records.every(
      ({ id, revision }, at) =>
        at === 0 || records[at - 1].id !== id || compare(records[at - 1].revision, revision) < 0,
    )
  if (!inOrder(compareRevisions) && !inOrder(byBytes)) add('D.2/revision-order')
}

const readBlock = (file, isNumbered, index, add) => {
  const text = decode(file.bytes)
  const value = parse(text)
  if (!(value instanceof Map)) throw new Rejected('D.2/json')
  for (const [field, isType] of Object.entries(fields)) {
    if (value.has(field) && !isType(value.get(field))) throw new Rejected('D.2/field-type', field)
    if (value.get(field)?.length === 0) add('D.2/empty-field', field)
  }
  const packs = value.get('k') ?? []
  const parents = value.get('p') ?? []
  if (![...packs, ...parents].every(element => typeof element === 'string')) throw new Rejected('D.2/field-type')
  const isId = isNumbered ? id => parseDeltaId(id)?.text === id : id => bare.test(id)
  const stranger = parents.find(id => !isId(id))
  if (stranger !== undefined) throw new Rejected('D.2/parent-id', stranger)
  const entries = value.get('c') ?? []
  const arrays = entries.filter(Array.isArray)
  if (arrays.length < entries.length) add('D.2/record-shape')
  const records = arrays.map(record => readRecord(record, isNumbered))
  for (const { parent, written } of records) {
    if (parent && parent.text !== written) add('D.2/revision-string', written)
  }
  const next = 1 + Math.max(0, ...parents.map(id => parseDeltaId(id)?.index ?? 0))
  if (isNumbered && index !== next) throw new Rejected('D.2/index', `${next} expected`)
  if (parents.length === 0 && records.some(({ parent }) => parent)) {
    if (isNumbered) throw new Rejected('D.2/origin-update')
    add('D.2/origin-update')
  }
  const unknown = [...value.keys()].filter(key => !(key in fields))
  if (unknown.length > 0) add('D.2/unknown-field', unknown.join(', '))
  checkBytes(value, text, add)
  checkOrders(parents, records, add)
  if (hasFloat(value.get('i'))) add('D.2/info-float')
  return { parents, packs, records }
}

/**
 * The delta of a file; with `skipped`, the check that it breaks, the original does not take it. An empty array if the original takes
 * the file's name for that of another.
 * @param {Set<string>} names those of all deltas, without ending
 * @param {import('./findings.mjs').Findings} findings
 */
export const readDelta = (file, names, findings) => {
  const number = parseDeltaId(file.stem)
  const delta = { id: file.stem, numbered: number !== undefined, parents: [], packs: [], records: [] }
  const add = (check, detail) => findings.add(check, file.where, detail)
  const skip = (check, detail) => {
    add(check, detail)
    return { ...delta, skipped: check }
  }
  if (number && number.text !== file.stem && names.has(number.text)) {
    add('D.2/name-copy')
    return []
  }
  const hash = number ? number.hash : file.stem
  if (number ? number.text !== file.stem || number.index >= 2 ** 32 : !bare.test(hash)) return skip('D.2/name-form')
  if (file.bytes === undefined) return { ...delta, skipped: 'E/compressed-bytes' }
  if (sha256(file.bytes) !== hash) return skip('D.2/name')
  try {
    return { ...delta, ...readBlock(file, delta.numbered, number?.index, add) }
  } catch (error) {
    if (error instanceof Rejected) return skip(error.check, error.message)
    if (!(error instanceof Panic)) return skip(checkOf(error, 'D.2/json'))
    findings.fail(error.message)
    return skip('D.2/revision-string')
  }
}
