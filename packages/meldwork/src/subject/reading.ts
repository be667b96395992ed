import { memberPath, type TripleSink, type ValueId } from '../rdf/index.js'
import type { Key, Keys } from './keys.js'
import type { ListItem } from './list-reader.js'
import type { JsonObject } from './objects.js'
import { ValueReader } from './values.js'

/** Receives what a {@link SubjectReader} reads. */
export interface SubjectSink extends TripleSink {
  /**
   * Items for a list; without items, that it is one. A sink without this takes no lists: they are refused by name.
   * @param index where, in the list as it is before the write; more than its length is its end
   */
  list?(list: ValueId, index: number, items: readonly ListItem[]): void
}

/** What to read, besides the JSON itself. */
export interface InsertOptions {
  /** Where the JSON stands in what the caller gave: `$` by default. */
  readonly path?: string
  /**
   * Whether strings that look like variables are refused, as in the `@insert` of an update, where they will have a meaning;
   * otherwise they are text.
   */
  readonly template?: boolean
  /** The keys of the request's own context: those of {@link Keys.extend} of the reader's, which are meant by default. */
  readonly keys?: Keys
}

/** Where the reading of one request stands: in which context, what receives, which identifiers were given. */
export class Reading {
  /** Of the context where it stands. */
  keys: Keys
  readonly values: ValueReader
  sink: SubjectSink = nowhere
  template = false
  private readonly own: Keys
  private readonly newId: () => string
  private generated: string[] = []

  constructor(keys: Keys, newId: () => string) {
    this.own = keys
    this.keys = keys
    this.values = new ValueReader(keys)
    this.newId = newId
  }

  /** Begins anew: an error may have left it anywhere. */
  begin(sink: SubjectSink, options: InsertOptions): void {
    this.sink = sink
    this.use(options.keys ?? this.own)
    this.template = options.template === true
    this.values.path.start(options.path ?? '$')
    this.generated = []
  }

  /** @returns the identifiers given, as the reader's own context has them */
  end(): string[] {
    const { generated } = this
    this.sink = nowhere
    this.generated = []
    return generated
  }

  /** Goes on under the context of an object, if it has one. @returns what to {@link use} when it ends */
  enterContext(object: JsonObject): Keys {
    const outer = this.keys
    // For nearly all objects the first test is all, and the cheapest.
    if ('@context' in object && Object.hasOwn(object, '@context') && object['@context'] !== undefined) {
      this.use(outer.extend(object['@context'], memberPath(String(this.values.path), '@context')))
    }
    return outer
  }

  use(keys: Keys): void {
    this.keys = keys
    this.values.keys = keys
  }

  /** @param seen the values that the property has got, when they are to differ */
  emit(subject: ValueId, key: Key, value: ValueId, seen: Set<ValueId> | undefined): void {
    if (seen !== undefined) {
      if (seen.has(value)) return
      seen.add(value)
    }
    this.sink.triple(subject, this.keys.property(key, true), value)
  }

  /** The id of a new subject. */
  generate(): ValueId {
    const id = this.newId()
    this.generated.push(this.own.context.compactShortReference(id))
    return this.keys.terms.iri(id, true)
  }
}

/** Receives nothing. */
export const nowhere: SubjectSink = { triple: () => {} }
