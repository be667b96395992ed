import type { Graph } from '../graph/index.js'
import type { Changes } from '../operation/index.js'
import type { ValueId } from '../rdf/index.js'
import type { ListItem } from '../subject/index.js'

/** placeholder until the branch of lists is merged */
export class ListWriter {
  constructor(_graph: Graph, _newId: () => string) {}
  insert(_list: ValueId, _index: number, _items: readonly ListItem[]): void {}
  deleteSlot(_list: ValueId, _slot: ValueId): void {}
  clearList(_list: ValueId): void {}
  flush(_changes: Changes): void {}
}
