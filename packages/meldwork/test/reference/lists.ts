/** What stands in lists, slowly and obviously: from all live pairs, by the two rules and the order of the texts. */
import type { PlainTerm } from './digest.js'

export interface LivePair {
  readonly subject: string
  readonly property: string
  readonly object: PlainTerm
  readonly replica: string
  readonly counter: number
  readonly time: number
}

export interface Standing {
  readonly slot: string
  readonly item: string
}

const iri = 0
const string = 1

const isLater = (a: LivePair, b: LivePair): boolean =>
  a.time !== b.time ? a.time > b.time : a.replica !== b.replica ? a.replica > b.replica : a.counter > b.counter

/** The items of every list that has some, by its IRI. */
export function listsOf(pairs: readonly LivePair[]): Map<string, Standing[]> {
  const latest = (subject: string, property: string): PlainTerm | undefined => {
    const candidates = pairs.filter(pair => pair.subject === subject && pair.property === property)
    return candidates.find(one => candidates.every(other => one === other || isLater(one, other)))?.object
  }
  const homes = new Map<string, string>()
  for (const { subject, property, object } of pairs) {
    if (property !== 'http://json-rql.org/#slot' || object.kind !== iri) continue
    const slot = String(object.value)
    const home = homes.get(slot)
    if (home === undefined || subject < home) homes.set(slot, subject)
  }
  const lists = new Map<string, (Standing & { position: string })[]>()
  for (const [slot, list] of homes) {
    const position = latest(slot, 'http://m-ld.org/#position')
    const item = latest(slot, 'http://json-rql.org/#item')
    if (position?.kind !== string || item === undefined) continue
    const standing = { slot, item: `${item.kind}:${item.value}`, position: String(position.value) }
    lists.set(list, [...(lists.get(list) ?? []), standing])
  }
  for (const list of lists.values())
    list.sort((a, b) => {
      if (a.position !== b.position) return a.position < b.position ? -1 : 1
      return a.slot < b.slot ? -1 : 1
    })
  return new Map([...lists].map(([list, items]) => [list, items.map(({ slot, item }) => ({ slot, item }))]))
}
