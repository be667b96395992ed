import { ListProperty } from '../graph/index.js'
import type { PropertyId, ValueId } from '../rdf/index.js'
import { type GraphSubject, type Keys, SubjectWriter } from '../subject/index.js'
import { sameJson } from './answer-change.js'
import { describe } from './describe.js'
import type { Interest } from './interests.js'
import type { LiveQuery, LiveTools, Waiter } from './live-query.js'
import { type Noted, ReadingNotes } from './reading-notes.js'

/** A described subject, and what its description was made of. */
interface Held {
  /** Undefined when nothing of it is visible. */
  subject: GraphSubject | undefined
  noted: Noted
}

/** The described subjects that read the same, and the waiter that tells when it changes. */
interface Readers extends Waiter {
  readonly readers: Set<ValueId>
}

/** How a description that may have changed did. */
export interface Redescribed {
  readonly before: GraphSubject | undefined
  readonly after: GraphSubject | undefined
}

/**
 * The descriptions of subjects, held with what each was made of: so that of a changed triple it can be told which of them it changes. A subject that stands
 * in several is found by each of them.
 */
export class HeldDescriptions {
  private readonly query: LiveQuery
  private readonly tools: LiveTools
  private readonly depth: number
  private readonly notes: ReadingNotes
  private readonly writer: SubjectWriter
  private readonly held = new Map<ValueId, Held>()
  private readonly readers: Readonly<Record<keyof Noted, Map<ValueId, Readers>>> = {
    whole: new Map(),
    looked: new Map(),
    slots: new Map(),
  }
  /** Descriptions that read a changed triple: whether it is one of the subject itself, so that there is no need to compare. */
  private readonly touched = new Map<ValueId, boolean>()
  private readonly buffer: number[] = []

  constructor(query: LiveQuery, tools: LiveTools, keys: Keys, depth: number) {
    this.query = query
    this.tools = tools
    this.depth = depth
    this.notes = new ReadingNotes(tools.graph)
    this.writer = new SubjectWriter(keys, this.notes.source)
  }

  /** The subject as it was described last; undefined when nothing of it was visible. */
  subject(id: ValueId): GraphSubject | undefined {
    return this.held.get(id)?.subject
  }

  has(id: ValueId): boolean {
    return this.held.has(id)
  }

  /** Describes one that is not held. */
  hold(id: ValueId): GraphSubject | undefined {
    const held: Held = { subject: undefined, noted: nothing }
    this.held.set(id, held)
    this.read(id, held)
    return held.subject
  }

  /** @returns the last description */
  drop(id: ValueId): GraphSubject | undefined {
    const held = this.held.get(id)
    if (held === undefined) return undefined
    this.held.delete(id)
    this.touched.delete(id)
    for (const kind of kinds) this.unwatch(kind, held.noted[kind], id, nothing[kind])
    return held.subject
  }

  dropAll(): void {
    for (const id of [...this.held.keys()]) this.drop(id)
  }

  /** Describes those again that read a changed triple. @param found called for each that is different */
  refresh(found: (id: ValueId, redescribed: Redescribed) => void): void {
    const touched = [...this.touched]
    this.touched.clear()
    for (const [id, surely] of touched) {
      const held = this.held.get(id)
      if (held === undefined) continue
      const before = held.subject
      this.read(id, held)
      const after = held.subject
      const isSame =
        before === undefined ? after === undefined : after !== undefined && !surely && sameJson(before, after)
      if (!isSame) found(id, { before, after })
    }
  }

  get keys(): IterableIterator<ValueId> {
    return this.held.keys()
  }

  private read(id: ValueId, held: Held): void {
    const before = held.noted
    held.noted = this.notes.restart()
    try {
      held.subject = describe({ graph: this.notes, writer: this.writer }, id, this.depth, this.buffer)
    } finally {
      for (const kind of kinds) {
        this.watch(kind, held.noted[kind], id)
        this.unwatch(kind, before[kind], id, held.noted[kind])
      }
    }
  }

  private watch(kind: keyof Noted, subjects: ReadonlySet<ValueId>, id: ValueId): void {
    const map = this.readers[kind]
    for (const subject of subjects) {
      let readers = map.get(subject)
      if (readers === undefined) {
        readers = this.newReaders(kind)
        map.set(subject, readers)
        this.tools.interests.add(ofSubject(subject), readers)
      }
      readers.readers.add(id)
    }
  }

  private unwatch(kind: keyof Noted, subjects: ReadonlySet<ValueId>, id: ValueId, still: ReadonlySet<ValueId>): void {
    const map = this.readers[kind]
    for (const subject of subjects) {
      const readers = map.get(subject)
      if (readers === undefined || still.has(subject)) continue
      readers.readers.delete(id)
      if (readers.readers.size > 0) continue
      map.delete(subject)
      this.tools.interests.remove(ofSubject(subject), readers)
    }
  }

  private newReaders(kind: keyof Noted): Readers {
    const readers = new Set<ValueId>()
    return {
      query: this.query,
      readers,
      note: (_inserted: boolean, subject: ValueId, property: PropertyId) => {
        const isOfList = property <= ListProperty.item
        if (kind === 'slots' && !isOfList) return
        // A position may leave the order as it is, and what stands inside may be written without all that it has: to be compared.
        for (const id of readers)
          this.touched.set(id, (kind === 'whole' && id === subject && !isOfList) || this.touched.get(id) === true)
      },
    }
  }
}

const kinds = ['whole', 'looked', 'slots'] as const
const nothing: Noted = { whole: new Set(), looked: new Set(), slots: new Set() }
const ofSubject = (subject: ValueId): Interest => ({ subject, property: -1, object: 0 })
