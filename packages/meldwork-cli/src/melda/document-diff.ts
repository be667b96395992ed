import { canonicalJson, type LosslessJson } from 'meldwork/document'

type Fields = ReadonlyMap<string, LosslessJson>

/** What has become of a field. Absent sides were not there; objects in other objects are `{"_id": id}`. */
export interface FieldChange {
  readonly field: string
  readonly before: LosslessJson | undefined
  readonly after: LosslessJson | undefined
}

/** What has become of an object. */
export interface ObjectChange {
  readonly object: string
  readonly change: 'created' | 'deleted' | 'changed'
  /** By the code points of their names. */
  readonly fields: readonly FieldChange[]
}

/**
 * What differs between two documents, as they are read, by object and field: first what is there, in the order in which it stands in the document, then what is not any more.
 * @param before undefined for no document
 */
export function documentDiff(before: LosslessJson | undefined, after: LosslessJson | undefined): ObjectChange[] {
  const old = objectsOf(before)
  const present = objectsOf(after)
  const changes: ObjectChange[] = []
  for (const [object, fields] of present) {
    const known = old.get(object)
    const different = fieldChanges(known, fields)
    if (known === undefined) changes.push({ object, change: 'created', fields: different })
    else if (different.length > 0) changes.push({ object, change: 'changed', fields: different })
  }
  for (const [object, fields] of old)
    if (!present.has(object)) changes.push({ object, change: 'deleted', fields: fieldChanges(fields, undefined) })
  return changes
}

function fieldChanges(before: Fields | undefined, after: Fields | undefined): FieldChange[] {
  const names = [...new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])]
  const changes = names.map(field => ({ field, before: before?.get(field), after: after?.get(field) }))
  return changes.filter(({ before, after }) => textOf(before) !== textOf(after))
}

const textOf = (value: LosslessJson | undefined): string | undefined =>
  value === undefined ? undefined : canonicalJson(value)

/** The objects of a document by their ids, with references in the places of those that stand in them. */
function objectsOf(document: LosslessJson | undefined): Map<string, Fields> {
  const objects = new Map<string, Fields>()
  if (document !== undefined) reference(document, objects)
  return objects
}

/** A value of a field that ends in ♭: its objects are put among the others. */
function reference(value: LosslessJson, objects: Map<string, Fields>): LosslessJson {
  if (Array.isArray(value)) return value.map(item => reference(item, objects))
  if (!isObject(value) || typeof value._id !== 'string') return value
  const fields = new Map<string, LosslessJson>()
  objects.set(value._id, fields)
  for (const [name, member] of Object.entries(value))
    if (name !== '_id') fields.set(name, name.endsWith('♭') ? reference(member, objects) : member)
  return { _id: value._id }
}

const isObject = (value: LosslessJson): value is { [key: string]: LosslessJson } =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** The id of an object that a value stands for. */
export const referenced = (value: LosslessJson): string | undefined =>
  isObject(value) && typeof value._id === 'string' && Object.keys(value).length === 1 ? value._id : undefined
