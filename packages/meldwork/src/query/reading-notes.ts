import { ListProperty, type ListView, type VisibleGraph } from '../graph/index.js'
import type { ValueId } from '../rdf/index.js'
import type { ListSource } from '../subject/index.js'

/** What a description has read. */
export interface Noted {
  /** Subjects that stand in it with all that they have. */
  readonly whole: Set<ValueId>
  /** Subjects that were looked at, to tell how they are to be written. */
  readonly looked: Set<ValueId>
  /** Slots of lists that stand in it. */
  readonly slots: Set<ValueId>
}

/** A graph, as descriptions read it, that notes what they have read. */
export class ReadingNotes implements Pick<VisibleGraph, 'triplesOf' | 'list' | 'listType'> {
  /** The same for what writes the subjects that were read. */
  readonly source: ListSource
  private readonly graph: VisibleGraph
  private readonly buffer: number[] = []
  private noted: Noted = { whole: new Set(), looked: new Set(), slots: new Set() }

  constructor(graph: VisibleGraph) {
    this.graph = graph
    this.source = {
      triplesOf: (subject, into) => {
        this.noted.looked.add(subject)
        return graph.triplesOf(subject, into)
      },
      list: list => this.list(list),
    }
  }

  get listType(): ValueId {
    return this.graph.listType
  }

  /** Begins anew. @returns where it notes from now on */
  restart(): Noted {
    this.noted = { whole: new Set(), looked: new Set(), slots: new Set() }
    return this.noted
  }

  triplesOf(subject: ValueId, into: number[]): number {
    this.noted.whole.add(subject)
    return this.graph.triplesOf(subject, into)
  }

  list(list: ValueId): ListView {
    const { looked, slots } = this.noted
    looked.add(list)
    const count = this.graph.objects(list, ListProperty.slot, this.buffer)
    for (let i = 0; i < count; i++) slots.add(this.buffer[i])
    return this.graph.list(list)
  }
}
