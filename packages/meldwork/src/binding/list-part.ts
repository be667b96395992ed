import { CodedError } from '../errors.js'
import { valueKey } from './value-key.js'
import type { Adopt } from './values.js'

/** What an update says of a list in one of its parts, by index: in `@delete` of the list before, in `@insert` of the list after. */
type ListPart = readonly (readonly [index: number, item: unknown])[]

/** What an update does to the items of a list. */
export class ListPatch {
  private readonly removed: ListPart
  private readonly added: ListPart

  /** @param deleted, inserted what stands under `@list`, if anything does */
  constructor(deleted: unknown, inserted: unknown) {
    this.removed = entries(deleted)
    this.added = entries(inserted)
  }

  get empty(): boolean {
    return this.removed.length === 0 && this.added.length === 0
  }

  /** @throws CodedError `copy-outdated` when these are not the items that the list had before the update */
  check(list: string, items: readonly unknown[]): void {
    for (const [index, item] of this.removed)
      if (!isIndex(index, items.length - 1) || valueKey(items[index]) !== valueKey(item)) fail(list, index)
    let length = items.length - this.removed.length
    for (const [index] of this.added) if (!isIndex(index, length++)) fail(list, index)
  }

  /** Applies it, in place. To be checked before. */
  apply(items: unknown[], adopt: Adopt): void {
    const taken = new Map<unknown, unknown>()
    for (const [index] of this.removed.toReversed()) {
      const [item] = items.splice(index, 1)
      taken.set(valueKey(item), item)
    }
    // What only moves stays the same object.
    for (const [index, item] of this.added) items.splice(index, 0, taken.get(valueKey(item)) ?? adopt(item))
  }
}

function entries(part: unknown): ListPart {
  if (typeof part !== 'object' || part === null) return []
  return Object.entries(part)
    .map(([index, slot]) => [Number(index), itemOf(slot)] as const)
    .sort(([a], [b]) => a - b)
}

function isIndex(index: number, last: number): boolean {
  return Number.isInteger(index) && index >= 0 && index <= last
}

function itemOf(slot: unknown): unknown {
  return typeof slot === 'object' && slot !== null && Object.hasOwn(slot, '@item')
    ? (slot as { '@item': unknown })['@item']
    : slot
}

function fail(list: string, index: number): never {
  const message = `The copy of the list ${list} is not what the list was before this update (see index ${index}): read it again`
  throw new CodedError('copy-outdated', message, { id: list, index })
}
