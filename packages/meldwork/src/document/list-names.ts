import { compareCodePoints, hexadecimal, isJsonArray, type JsonObject, memberOf, sha256Of } from '../codec/index.js'
import { descriptorPrefix, isDescriptor, isFlattened, orderField, rootId } from './names.js'

/** What is known of the document whose lists get other names. */
export interface NamedDocument {
  /** Ids of all objects, in any order. */
  ids(): Iterable<string>
  /** See `Objects.visible`. */
  visible(id: string): JsonObject | undefined
  /** Every value that an object ever had, with the object's id. */
  values(): Iterable<readonly [id: string, value: JsonObject]>
}

/**
 * The ids under which another generation keeps the orders of lists: D names the owner and the field, B hashes the way to the list from the root. Those of lists
 * that the document has now are what an update there would give them, so that it finds them. Each list gets one of its own.
 */
export class ListNames {
  private readonly to: 'B' | 'D'
  private readonly isSame: boolean
  private readonly names = new Map<string, string>()
  private readonly places = new Map<string, string>()
  private readonly taken = new Set<string>()

  /** @param from the generation of the document; D stands for C, too */
  constructor(document: NamedDocument, from: 'A' | 'B' | 'D', to: 'B' | 'D') {
    this.to = to
    this.isSame = from === to
    if (this.isSame) return
    const ways = to === 'B' ? waysTo(document) : undefined
    const wanted = (owner: string, key: string): string => {
      const place = placeOf(owner, key)
      return to === 'D' ? place : descriptorPrefix + hashOf(ways!.get(place) ?? place)
    }
    // What readers see first, then what was.
    const live = [...document.ids()].sort(compareCodePoints)
    for (const id of live) this.nameThoseOf(id, document.visible(id) ?? {}, wanted)
    for (const [id, value] of document.values()) this.nameThoseOf(id, value, wanted)
  }

  /** The id of a list, by what it was. */
  of(descriptor: string): string {
    const known = this.isSame ? descriptor : this.names.get(descriptor)
    if (known !== undefined) return known
    // Nothing refers to it, and nothing ever did.
    const name = this.free(this.fallback(descriptor, ''))
    this.names.set(descriptor, name)
    return name
  }

  /** The id of a list that stood in its owner: generation A. */
  at(owner: string, key: string): string {
    return this.places.get(placeOf(owner, key))!
  }

  private nameThoseOf(owner: string, value: JsonObject, wanted: (owner: string, key: string) => string): void {
    for (const key of Object.keys(value)) {
      if (!isFlattened(key)) continue
      const field = value[key]
      if (isJsonArray(field)) {
        const place = placeOf(owner, key)
        if (!this.places.has(place)) this.places.set(place, this.take(wanted(owner, key), place, key))
      } else if (typeof field === 'string' && isDescriptor(field) && !this.names.has(field))
        this.names.set(field, this.take(wanted(owner, key), field, key))
    }
  }

  private take(wanted: string, descriptor: string, key: string): string {
    return this.free(this.taken.has(wanted) ? this.fallback(descriptor, key) : wanted)
  }

  /** For a list that another one has taken the name of: an older one of the same field. */
  private fallback(descriptor: string, key: string): string {
    if (this.to === 'B') return descriptorPrefix + hashOf(descriptor)
    return `${descriptor}@${key}`
  }

  private free(name: string): string {
    let free = name
    while (this.taken.has(free)) free = this.to === 'B' ? descriptorPrefix + hashOf(free) : `${free}@`
    this.taken.add(free)
    return free
  }
}

const placeOf = (owner: string, key: string): string => `${descriptorPrefix}${owner}@${key}`
const hashOf = (text: string): string => hexadecimal(sha256Of(text))

/** The ids and fields from the root to each list that readers see, without separator; by {@link placeOf}. */
function waysTo(document: NamedDocument): Map<string, string> {
  const ways = new Map<string, string>()
  const used = new Set<string>()
  const walk = (root: string): void => {
    const open: [id: string, way: string][] = [[root, '']]
    for (let next = open.pop(); next; next = open.pop()) {
      const [id, way] = next
      const value = used.has(id) ? undefined : document.visible(id)
      if (!value) continue
      used.add(id)
      const inside: [string, string][] = []
      for (const key of Object.keys(value).sort(compareCodePoints)) {
        if (!isFlattened(key)) continue
        const here = way + id + key
        const field = value[key]
        const isList = isJsonArray(field) || (typeof field === 'string' && isDescriptor(field))
        if (isList) ways.set(placeOf(id, key), here)
        const order = isList && typeof field === 'string' ? memberOf(document.visible(field) ?? {}, orderField) : field
        for (const item of textsIn(order)) inside.push([item, here])
      }
      // Depth first, in the order in which a reader comes to them.
      open.push(...inside.reverse())
    }
  }
  walk(rootId)
  const referred = new Set<string>()
  for (const [, value] of visibleObjects(document))
    for (const key of Object.keys(value)) for (const text of textsIn(value[key])) referred.add(text)
  // Documents with another root, and what nobody refers to.
  for (const [id] of visibleObjects(document)) if (!isDescriptor(id) && !referred.has(id)) walk(id)
  return ways
}

function* visibleObjects(document: NamedDocument): Generator<readonly [id: string, value: JsonObject]> {
  for (const id of [...document.ids()].sort(compareCodePoints)) {
    const value = document.visible(id)
    if (value) yield [id, value]
  }
}

function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value
  else if (Array.isArray(value)) for (const item of value) yield* textsIn(item)
}
