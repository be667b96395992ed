import type { JsonParseOptions } from '../codec/index.js'
import { CodedError } from '../errors.js'
import { BlockGraph, type Past } from './block-graph.js'
import { blockIndex, compareBlockIds, type Delta } from './delta.js'
import { type Generation, olderGeneration } from './generation.js'
import { hasInlineList } from './generation-a.js'
import type { Arrivals } from './library.js'
import { Objects } from './objects.js'
import { ObjectValues } from './values.js'

/** What new blocks changed. */
export interface Applied {
  /** Ids of the blocks that count now and did not before, each after its parents. */
  readonly blocks: readonly string[]
  /** Ids of the objects whose winner or leaves are others now. */
  readonly objects: ReadonlySet<string>
}

/** All that is known of a document: its blocks, the values in its packs, and what follows from them for each object. Pure: others read and write files. */
export class Document {
  readonly values: ObjectValues
  private known: BlockGraph
  private present: Objects
  private told: Generation | undefined

  constructor(reading: JsonParseOptions = {}) {
    this.values = new ObjectValues(reading)
    this.known = new BlockGraph(this.values)
    this.present = this.noObjects()
  }

  get graph(): BlockGraph {
    return this.known
  }

  get objects(): Objects {
    return this.present
  }

  /** What its blocks tell of their generation; undefined while there are none. Blocks of B without any list could be of A, too: they are taken for B. */
  get generation(): Generation | undefined {
    if (this.told === undefined) for (const id of this.known.ids()) return blockIndex(id) > 0 ? 'D' : 'B'
    return this.told
  }

  /** Whether a block of this id is of another generation than the others. */
  isForeign(id: string): boolean {
    const generation = this.generation
    return generation !== undefined && (generation === 'D') !== blockIndex(id) > 0
  }

  /** Takes in what has come, in any order. All must be of one generation. */
  take({ packs, deltas }: Arrivals): Applied {
    for (const { digest, bytes, entries } of packs) this.values.addPack(digest, bytes, entries)
    const blocks: string[] = []
    for (const { digest, entries } of packs)
      blocks.push(
        ...this.known.packArrived(
          digest,
          entries.map(entry => entry.digest),
        ),
      )
    // In order, so that the parents of most are there.
    for (const { id, delta } of [...deltas].sort((a, b) => compareBlockIds(a.id, b.id))) {
      blocks.push(...this.known.add(id, delta))
      this.told ??= generationOf(id, delta)
    }
    const objects = this.count(blocks)
    this.told ??= this.inlineGeneration(objects)
    return { blocks, objects }
  }

  /**
   * The objects as they were when only these blocks were known, and those that they follow.
   * @throws CodedError `block-unknown`
   */
  objectsAt(ids: readonly string[]): Objects {
    const { graph, blocks } = this.graphAt(this.pastOf(ids))
    for (const id of ids) if (!graph.isApplied(id)) throw unknownBlock(id, 'waits for something that is missing')
    const objects = this.noObjects()
    apply(graph, blocks, objects)
    return objects
  }

  /**
   * Goes back to the time when only these blocks were known, and those that they follow: the next commit follows them. What comes from now on is
   * applied as usual. Nothing may be staged.
   * @param ids undefined: forward again, to all that is known
   * @throws CodedError `block-unknown`: then nothing has changed
   */
  reload(ids: readonly string[] | undefined): Applied {
    const { graph, blocks } = this.graphAt(ids && this.pastOf(ids))
    for (const id of ids ?? []) if (!graph.isApplied(id)) throw unknownBlock(id, 'waits for something that is missing')
    this.known = graph
    this.present = this.noObjects()
    this.values.unname()
    return { blocks, objects: this.count(blocks) }
  }

  /** Applies blocks to the objects. */
  private count(blocks: readonly string[]): Set<string> {
    for (const block of blocks) for (const pack of this.known.get(block)!.packs) this.values.name(pack)
    return apply(this.known, blocks, this.present)
  }

  private noObjects(): Objects {
    return new Objects(this.values, () => this.told === 'A')
  }

  private pastOf(ids: readonly string[]): Past {
    for (const id of ids) if (!this.known.has(id)) throw unknownBlock(id, 'is not here')
    return { wanted: this.known.ancestors(ids), known: new Set(this.known.ids()) }
  }

  private graphAt(past: Past | undefined): { graph: BlockGraph; blocks: string[] } {
    const graph = new BlockGraph(this.values, past)
    const blocks: string[] = []
    for (const id of [...this.known.ids()].sort(compareBlockIds)) blocks.push(...graph.add(id, this.known.get(id)!))
    return { graph, blocks }
  }

  /** A, when a block that tells nothing else has objects with lists in them. */
  private inlineGeneration(objects: ReadonlySet<string>): Generation | undefined {
    for (const id of objects) {
      const value = this.present.value(id)
      if (value && hasInlineList(value)) return 'A'
    }
    return undefined
  }
}

/** What a block tells of its generation: D by its name, the others by the ids of lists; undefined when it tells nothing. */
export function generationOf(id: string, { records }: Delta): Generation | undefined {
  if (blockIndex(id) > 0) return 'D'
  if (records.some(({ patchDigest }) => patchDigest !== undefined)) return 'A'
  const told = olderGeneration(records.map(({ object }) => object))
  return told === 'A' ? undefined : told
}

function apply(graph: BlockGraph, blocks: readonly string[], objects: Objects): Set<string> {
  const changed = new Set<string>()
  for (const block of blocks)
    for (const record of graph.get(block)!.records) if (objects.apply(record, block)) changed.add(record.object)
  return changed
}

function unknownBlock(block: string, what: string): CodedError<'block-unknown'> {
  const message = `The block ${block} ${what}: bring the files of the document together, then read again`
  return new CodedError('block-unknown', message, { block })
}
