import type { GraphSubject } from '../subject/index.js'
import type { SimulatedClone, SimulatedUpdate } from './simulated-clone.js'

const everything = { '@describe': '?s', '@where': { '@id': '?s', '?p': '?o' } } as const
/** Before the identifiers that the engine makes up: in a simulation, those of slots. */
const made = '.well-known/genid/'
const positionKey = 'http://m-ld.org/#position'
const itemKey = 'http://json-rql.org/#item'

/** All that a clone shows, kept as JSON: what a follower makes of its updates. Lists are kept in their order. */
export class PlainCopy {
  private readonly triples = new Set<string>()
  /** The items of lists, by the identifier of the list. */
  private readonly lists = new Map<string, string[]>()

  /** @param clone it, or a gap that has its state */
  static of(clone: Pick<SimulatedClone, 'read'>): PlainCopy {
    const copy = new PlainCopy()
    for (const subject of clone.read(everything)) {
      for (const triple of triplesOf(subject)) copy.triples.add(triple)
      const items = subject['@list']
      if (items !== undefined && items.length > 0) copy.lists.set(subject['@id'], items.map(textOf))
    }
    return copy
  }

  /** Another one with the same in it. */
  duplicate(): PlainCopy {
    const other = new PlainCopy()
    for (const triple of this.triples) other.triples.add(triple)
    for (const [list, items] of this.lists) other.lists.set(list, [...items])
    return other
  }

  /** Deletes, then inserts. @param fault told of what an exact difference would not have */
  apply(update: SimulatedUpdate, fault: (text: string) => void): void {
    for (const subject of update['@delete']) {
      for (const triple of linesOf(subject)) if (!this.triples.delete(triple)) fault(`deletes ${triple}, not there`)
      const places = placesOf(subject)
      if (places.length > 0) this.deleteItems(subject['@id'], places, fault)
    }
    for (const subject of update['@insert']) {
      for (const triple of linesOf(subject)) {
        if (this.triples.has(triple)) fault(`inserts ${triple}, there already`)
        this.triples.add(triple)
      }
      const places = placesOf(subject)
      if (places.length > 0) this.insertItems(subject['@id'], places, fault)
    }
  }

  /** At their indexes before. */
  private deleteItems(list: string, places: readonly Standing[], fault: (text: string) => void): void {
    const items = this.lists.get(list) ?? []
    for (const { index, item } of places.toReversed()) {
      const [was] = items.splice(index, 1)
      if (was !== item) fault(`deletes item ${index} of ${list}, ${item}, where ${was} stands`)
    }
    if (items.length === 0) this.lists.delete(list)
  }

  /** At their indexes after. */
  private insertItems(list: string, places: readonly Standing[], fault: (text: string) => void): void {
    const items = this.lists.get(list) ?? []
    for (const { index, item } of places) {
      if (index > items.length) fault(`inserts item ${index} of ${list} behind its end, ${items.length}`)
      items.splice(index, 0, item)
    }
    this.lists.set(list, items)
  }

  get size(): number {
    return this.triples.size
  }

  /** [subject, property, value as JSON], without the items of lists. */
  *entries(): Iterable<readonly [subject: string, property: string, value: string]> {
    for (const triple of this.triples) {
      const [subject, property] = triple.split(' ', 2)
      yield [subject, property, triple.slice(subject.length + property.length + 2)]
    }
  }

  /** What one has and the other has not; undefined when there is nothing. */
  differenceTo(other: PlainCopy): string | undefined {
    for (const triple of this.triples) if (!other.triples.has(triple)) return `${shortened(triple)} only in the first`
    for (const triple of other.triples) if (!this.triples.has(triple)) return `${shortened(triple)} only in the second`
    for (const list of new Set([...this.lists.keys(), ...other.lists.keys()])) {
      const [mine, theirs] = [this.lists.get(list)?.join(), other.lists.get(list)?.join()]
      if (mine !== theirs) return shortened(`the items of ${list} are ${mine} and ${theirs}`)
    }
    return undefined
  }
}

interface Standing {
  readonly index: number
  readonly item: string
}

/** The part of a list that an update names: items by index, ascending. */
function placesOf(subject: GraphSubject): Standing[] {
  const places = subject['@list'] as unknown as { readonly [index: string]: { readonly '@item': unknown } } | undefined
  if (places === undefined) return []
  return Object.entries(places).map(([index, place]) => ({ index: Number(index), item: textOf(place['@item']) }))
}

const textOf = (value: unknown): string => JSON.stringify(value)

const shortened = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}...` : text)

/** Of subjects of updates, which several copies are told of. */
const lines = new WeakMap<GraphSubject, readonly string[]>()

function linesOf(subject: GraphSubject): readonly string[] {
  const known = lines.get(subject) ?? [...triplesOf(subject)]
  lines.set(subject, known)
  return known
}

/** Without the slots of lists, which are subjects, too: an update tells of the items. Also where a damaged operation has given one another name. */
function* triplesOf(subject: GraphSubject): Iterable<string> {
  if (subject['@id'].startsWith(made)) return
  for (const [key, value] of Object.entries(subject)) {
    if (key === '@id' || key === '@list' || key === positionKey || key === itemKey) continue
    for (const item of Array.isArray(value) ? value : [value]) yield `${subject['@id']} ${key} ${JSON.stringify(item)}`
  }
}
