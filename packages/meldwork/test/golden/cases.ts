/**
 * Golden bytes: what each kind of bytes is made of, how it is written, and what it means when it is read. The bytes themselves stand in
 * `test/vectors/`, with their meaning: plain files, for engines in other languages too. See `golden.test.ts`.
 */
import { Replicas } from '../../src/causality/index.js'
import { check32, check64, hexadecimal, Reader, Writer } from '../../src/codec/index.js'
import { hasCode } from '../../src/errors.js'
import { decodeState, digestText, Effects, encodeState, Graph, type ListEntry } from '../../src/graph/index.js'
import { decodeEntry, encodeEntry, entriesAt, groupsOf } from '../../src/journal/index.js'
import {
  Changes,
  decodeBody,
  decodeHeader,
  decodeValue,
  deleteStride,
  encodeBody,
  encodeHeader,
  insertStride,
  type OperationName,
  References,
} from '../../src/operation/index.js'
import { TermKind } from '../../src/rdf/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { MessageType, open, seal } from '../../src/sync/envelope.js'
import { channelOf, readPresence, writePresence } from '../../src/sync/index.js'
import * as messages from '../../src/sync/messages.js'
import { encodeIdentity, identityKey, readIdentity } from '../../src/transaction/identity.js'
import { encodeLives, livesKey, readLives } from '../../src/transaction/lives.js'
import { encodeMeta, metaKey, readMeta } from '../../src/transaction/meta.js'
import { decodeRemoved, encodeRemoved } from '../../src/transaction/removed.js'
import { View } from '../../src/transaction/view.js'
import { decodeVisible, encodeVisible, isPlain, seenOf } from '../../src/transaction/visible.js'
import { intern, isLegal, objects, spelled } from '../laws/terms-pool.js'
import type { PlainTerm } from '../reference/digest.js'

/** One or several byte strings (a state has items) in hexadecimal, and what they mean. */
export interface Vector {
  readonly name: string
  readonly bytes: string | readonly string[]
  /** Of a valid one: as JSON. */
  readonly meaning?: unknown
  /** Of an invalid one: the code of the error. */
  readonly error?: string
}

/** A file of vectors. */
export interface Kind {
  readonly file: string
  /** By name, in order. */
  readonly made: ReadonlyMap<string, Uint8Array | readonly Uint8Array[]>
  /** By name, those that must be refused. */
  readonly refused: ReadonlyMap<string, readonly number[]>
  meaning(bytes: Uint8Array, items: readonly Uint8Array[]): unknown
}

const hex = hexadecimal
const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))
export const bytesOf = (vector: Vector): Uint8Array[] => [vector.bytes].flat().map(fromHex)

export const channel = channelOf('golden.example')
const replicas = ['0102030405060708', 'a1a2a3a4a5a6a7a8', 'ff', '00'.repeat(32)].map(fromHex)
const iri = (value: string): PlainTerm => ({ kind: TermKind.iri, value })
const string = (value: string): PlainTerm => ({ kind: TermKind.string, value })

/** A graph that knows the replicas of these vectors. */
function emptyGraph(): Graph {
  const graph = new Graph(isLegal)
  for (const id of replicas) graph.replicas.add(id)
  return graph
}

const write = (fill: (writer: Writer) => void): Uint8Array => {
  const writer = new Writer()
  fill(writer)
  return writer.take()
}

interface Making {
  readonly author?: number
  readonly first?: number
  readonly previousCheck?: number
  readonly heads?: readonly OperationName[]
  readonly time?: number
  readonly deletes?: readonly (readonly [subject: string, property: string, counter: number, replica: number])[]
  readonly inserts?: readonly (readonly [subject: string, property: string, object: PlainTerm])[]
}

function operation({
  author = 0,
  first = 1,
  previousCheck = 0,
  heads = [],
  time = 0,
  deletes = [],
  inserts = [],
}: Making) {
  const { terms, replicas } = emptyGraph()
  const changes = new Changes()
  for (const [subject, property, counter, replica] of deletes)
    changes.delete(terms.iri(subject, true), terms.property(property, true), 0, counter, replica)
  for (const [subject, property, object] of inserts)
    changes.triple(terms.iri(subject, true), terms.property(property, true), intern(terms, object))
  return write(writer => {
    encodeHeader(writer, replicas.ids[author], first, changes.counters, previousCheck, heads, time)
    encodeBody(writer, changes, terms, replicas, author)
  })
}

function operationMeaning(bytes: Uint8Array): unknown {
  const { terms, replicas } = emptyGraph()
  const header = decodeHeader(bytes)
  const changes = new Changes()
  const reader = new Reader(bytes, 'operation', header.bodyStart)
  decodeBody(reader, header.last - header.first + 1, changes, terms, replicas, replicas.add(header.replica))
  const deletes: unknown[] = []
  for (let at = 0; at < changes.deleteLength; at += deleteStride) {
    const [subject, property, , counter, replica] = changes.deletes.slice(at, at + deleteStride)
    deletes.push([terms.text(subject), terms.propertyText(property), counter, hex(replicas.ids[replica])])
  }
  const inserts: unknown[] = []
  for (let at = 0; at < changes.insertLength; at += insertStride) {
    const [subject, property, object] = changes.inserts.slice(at, at + insertStride)
    inserts.push([terms.text(subject), terms.propertyText(property), spelled(terms, object)])
  }
  const { replica, first, last, previousCheck, heads, time, check } = header
  const names = heads.map(head => [hex(head.replica), head.counter])
  return { replica: hex(replica), first, last, previousCheck, heads: names, time, check, deletes, inserts }
}

const time = 1_700_000_000_123 * 1024 + 5
const hello = operation({ time, inserts: [['fred', '#name', string('Fred')]] })
const everyKind = operation({
  author: 1,
  first: 2,
  previousCheck: 0xfedcba98,
  heads: [{ replica: replicas[0], counter: 1 }],
  time: time + 1,
  inserts: objects.map((object, i) => [`s${i >> 3}`, `#p${i % 3}`, object] as const),
})
const replaced = operation({
  author: 2,
  heads: [
    { replica: replicas[0], counter: 1 },
    { replica: replicas[1], counter: 2 ** 31 - 2 },
  ],
  time,
  deletes: [
    ['fred', '#name', 1, 0],
    ['fred', '#name', 7, 1],
    ['fred', '#age', 2 ** 31 - 2, 1],
    ['fred', '#age', 3, 2],
    ['wilma', '#name', 2, 0],
  ],
  inserts: [
    ['fred', '#name', string('Freddy')],
    ['fred', '\u0001type', iri('#Person')],
    ['wilma', '#name', string('fred')],
    ['wilma', '#knows', iri('fred')],
    ['fred', '#name', string('Freddy')],
  ],
})
/** Operations of one replica, one after the other, that are much alike. */
const steady: Uint8Array[] = []
for (const [i, value] of [
  string('Wilma'),
  string('Wilhelmina'),
  iri('fred'),
  { kind: TermKind.integer, value: '-3' },
].entries()) {
  const previousCheck = i === 0 ? 0 : decodeHeader(steady[i - 1]).check
  const inserts = [[`s${i + 8}`, '#name', value] as const]
  const deletes = i < 2 ? [] : [[`s${i + 6}`, '#name', i - 1, 1] as const]
  steady.push(operation({ author: 1, first: i + 1, previousCheck, time: time + 1024 * i, inserts, deletes }))
}

const operations: Kind = {
  file: 'operations',
  made: new Map([
    ['one insert', hello],
    ['every kind of value', everyKind],
    ['deletes of several replicas, and inserts in another order', replaced],
    ['one delete', operation({ first: 2 ** 31 - 2, previousCheck: 1, deletes: [['fred', '#name', 1, 0]] })],
    ['a replica id of 32 bytes', operation({ author: 3, inserts: [['urn:x', 'urn:p', iri('urn:x')]] })],
    ['the greatest time', operation({ time: Number.MAX_SAFE_INTEGER, inserts: [['a', 'a', iri('a')]] })],
    // An even flag unknown here, and an extension with an even id: kept, and ignored.
    ['a later version with nothing critical', Uint8Array.of(1, 28, 1, 9, 1, 0, 0, 1, 2, 1, 7, 0, 2, 0x61, 14, 0x62, 4)],
  ]),
  refused: new Map([
    ['nothing', []],
    ['version 0', [0, 8, 1, 9, 1, 0, 0, 0, 2, 0x61, 14, 0x62, 4]],
    ['a newer version', [2, 8, 1, 9, 1, 0, 0, 0, 2, 0x61, 14, 0x62, 4]],
    ['a critical flag', [1, 40, 1, 9, 1, 0, 0, 0, 2, 0x61, 14, 0x62, 4]],
    ['a critical extension', [1, 12, 1, 9, 1, 0, 0, 1, 3, 0, 0, 2, 0x61, 14, 0x62, 4]],
    ['a number in a longer form', [1, 8, 1, 9, 0x81, 0, 0, 0, 0, 2, 0x61, 14, 0x62, 4]],
    ['a text twice', [1, 8, 1, 9, 1, 0, 0, 0, 2, 0x61, 14, 0x61, 4]],
    ['a subject twice', [1, 10, 1, 9, 1, 2, 0, 0, 0, 2, 0x61, 14, 0x62, 4, 1, 15, 12]],
    ['inserts before deletes', [1, 8, 1, 9, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0x61, 14, 0x62, 4, 2, 0x63, 11, 4, 2]],
    [
      'an IRI that is not in its short form',
      [1, 8, 1, 9, 1, 0, 0, 0, 42, ...Buffer.from('http://laws.example/a'), 14, 0x62, 4],
    ],
    ['an integer as a double', [1, 8, 1, 9, 1, 0, 0, 0, 2, 0x61, 14, 0x62, 5, 0, 0, 0, 0, 0, 0, 0x14, 0x40]],
    ['a count that is not that of its inserts', [1, 10, 1, 9, 1, 2, 0, 0, 0, 2, 0x61, 14, 0x62, 4]],
    ['a count of one, which need not be said', [1, 10, 1, 9, 1, 1, 0, 0, 0, 2, 0x61, 14, 0x62, 4]],
    [
      'the usual length of an id, which need not be said',
      [1, 8, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0, 0, 2, 0x61, 14, 0x62, 4],
    ],
    [
      'the usual length of an id in deletes, which need not be said',
      [1, 8, 1, 9, 1, 0, 0, 3, 8, 1, 2, 3, 4, 5, 6, 7, 8, 2, 0x61, 10, 0x62, 4, 3, 0],
    ],
    ['one insert and no delete, without the flag for that', [1, 8, 1, 9, 1, 0, 0, 0, 2, 0x61, 10, 0x62, 1, 4]],
  ]),
  meaning: operationMeaning,
}

/** Applies operations in order. */
function graphOf(list: readonly Uint8Array[]): Graph {
  const graph = emptyGraph()
  for (const bytes of list) {
    const header = decodeHeader(bytes)
    const author = graph.replicas.add(header.replica)
    const changes = new Changes()
    const { first, last, check, time } = header
    const reader = new Reader(bytes, 'operation', header.bodyStart)
    decodeBody(reader, last - first + 1, changes, graph.terms, graph.replicas, author)
    const heads = header.heads.map(({ replica, counter }) => [graph.replicas.find(replica), counter] as const)
    graph.apply({ author, first, last, check, time, heads }, changes, new Effects())
  }
  return graph
}

const states: Kind = {
  file: 'states',
  made: new Map([
    ['of nothing', encodeState(new Graph(isLegal))],
    ['of one operation', encodeState(graphOf([hello]))],
    ['of three, with a triple that has two dots', encodeState(graphOf([hello, everyKind, replaced]))],
  ]),
  refused: new Map([
    ['nothing', []],
    ['version 0', [1, 0, 1, 0, ...new Array<number>(16).fill(0), 0]],
    ['a newer version', [1, 2, 1, 0, ...new Array<number>(16).fill(0), 0]],
    ['another digest', [1, 1, 1, 0, ...new Array<number>(16).fill(1), 0]],
    ['pairs that are not there', [1, 1, 1, 1, ...new Array<number>(16).fill(0), 0]],
    ['items that are not there', [1, 1, 2, 0, ...new Array<number>(16).fill(0), 0]],
    ['no head', [1, 1, 1, 0, ...new Array<number>(16).fill(0), 1, 1, 9, 1, 0, 0, 0, 0, 0]],
  ]),
  meaning(_, items) {
    const graph = new Graph(isLegal)
    graph.join(decodeState(items, graph), new Effects())
    const { terms, replicas, heads, times } = graph
    const pairs: unknown[] = []
    const into: number[] = []
    for (const subject of graph.liveSubjects()) {
      const length = graph.observed(subject, -1, into)
      for (let at = 0; at < length; at += 5) {
        const triple = [terms.text(subject), terms.propertyText(into[at]), spelled(terms, into[at + 1])]
        pairs.push([hex(replicas.ids[into[at + 3]]), into[at + 2], times.of(into[at + 3], into[at + 2]), ...triple])
      }
    }
    return {
      vector: replicas.ids.map((id, i) => [hex(id), replicas.counters[i], replicas.checks[i]]),
      heads: [...heads.entries()].map(([replica, counter]) => [hex(replicas.ids[replica]), counter]),
      digest: digestText(graph.digest),
      vectorDigest: replicas.digest(),
      pairs: pairs.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    }
  },
}

/** What a delete removed: 0, or 1 and the value. */
const removed = write(writer => {
  const { terms } = emptyGraph()
  const references = new References()
  references.clear()
  writer.uint8(0)
  for (const object of [objects[0], objects[6], objects[6]]) {
    writer.uint8(1)
    const kind = object.kind
    const bytes = new TextEncoder().encode(String(object.value))
    const known = references.place(intern(terms, object))
    if (known >= 0) writer.varint(known * 8 + (kind === TermKind.iri ? 3 : 1))
    else {
      writer.varint(bytes.length * 8 + (kind === TermKind.iri ? 2 : 0))
      writer.raw(bytes)
    }
  }
})

function removedMeaning(bytes: Uint8Array): (string | null)[] {
  const { terms } = emptyGraph()
  const references = new References()
  references.clear()
  const reader = new Reader(bytes, 'removed')
  const values: (string | null)[] = []
  while (reader.remaining > 0)
    values.push(reader.uint8() === 0 ? null : spelled(terms, decodeValue(reader, terms, references)))
  return values
}

/** The entry of an operation that was applied after others. */
function entryAfter(history: readonly Uint8Array[], operation: Uint8Array, own?: true): Uint8Array {
  const graph = graphOf(history)
  const view = new View(graph, [])
  const header = decodeHeader(operation)
  const { first, last, check, time } = header
  const author = graph.replicas.add(header.replica)
  const changes = new Changes()
  const effects = new Effects()
  const reader = new Reader(operation, 'operation', header.bodyStart)
  decodeBody(reader, last - first + 1, changes, graph.terms, graph.replicas, author)
  graph.apply({ author, first, last, check, time, heads: [] }, changes, effects)
  view.update(effects)
  const removed = encodeRemoved(changes, effects, graph.terms)
  const visible = isPlain(changes, effects)
    ? undefined
    : encodeVisible(changes, effects, seenOf(graph, effects).lists, graph.terms)
  return write(writer => encodeEntry({ kind: 'operation', operation, removed, visible, ...(own && { own }) }, writer))
}

const [slot, position, item] = ['http://json-rql.org/#slot', 'http://m-ld.org/#position', 'http://json-rql.org/#item']
const oneItem = operation({
  time,
  inserts: [
    ['steps', slot, iri('one')],
    ['one', position, string('M')],
    ['one', item, string('first')],
  ],
})
/** Writes what is there already, and deletes one of the two dots that there are then; and something of which nobody knows the dot. */
const again = operation({
  author: 1,
  time: time + 1,
  deletes: [
    ['fred', '#name', 1, 0],
    ['fred', '#name', 9, 2],
  ],
  inserts: [
    ['fred', '#name', string('Fred')],
    ['fred', '#age', objects[0]],
  ],
})
const alsoFred = operation({ author: 1, time, inserts: [['fred', '#name', string('Fred')]] })
const deleted = operation({ author: 2, time: time + 2, deletes: [['fred', '#name', 1, 0]] })
/** Moves an item without having seen where it is, and adds another before it. */
const moved = operation({
  author: 1,
  time: time + 1,
  inserts: [
    ['one', position, string('T')],
    ['steps', slot, iri('two')],
    ['two', position, string('A')],
    ['two', item, iri('fred')],
  ],
})

function visibleMeaning(operation: Uint8Array, removedBytes: Uint8Array, visible: Uint8Array | undefined) {
  const terms = emptyGraph().terms
  const header = decodeHeader(operation)
  const changes = new Changes()
  const replicas = new Replicas()
  const reader = new Reader(operation, 'operation', header.bodyStart)
  decodeBody(reader, header.last - header.first + 1, changes, terms, replicas, replicas.add(header.replica))
  const { difference, lists } = decodeVisible(changes, decodeRemoved(removedBytes, changes, terms), visible, terms)
  const triples = (list: readonly number[]) =>
    Array.from({ length: list.length / 3 }, (_, i) =>
      [spelled(terms, list[i * 3]), terms.propertyText(list[i * 3 + 1]), spelled(terms, list[i * 3 + 2])].join(' '),
    )
  const entries = (list: readonly ListEntry[]) =>
    list.map(({ index, slot, item }) => [index, spelled(terms, slot), spelled(terms, item)])
  return {
    deleted: triples(difference.deleted),
    inserted: triples(difference.inserted),
    lists: lists.lists.map(({ list, length, removed, added }) => ({
      list: spelled(terms, list),
      length,
      removed: entries(removed),
      added: entries(added),
    })),
  }
}

const journal: Kind = {
  file: 'journal-entries',
  made: new Map([
    [
      'an operation',
      write(writer => encodeEntry({ kind: 'operation', operation: hello, removed: new Uint8Array(0) }, writer)),
    ],
    [
      'an operation with deletes',
      write(writer => encodeEntry({ kind: 'operation', operation: replaced, removed }, writer)),
    ],
    [
      'an operation made here',
      write(writer =>
        encodeEntry({ kind: 'operation', operation: hello, removed: new Uint8Array(0), own: true }, writer),
      ),
    ],
    ['an operation that deletes what is not there', entryAfter([hello], again)],
    ['a delete of one of two dots', entryAfter([hello, alsoFred], deleted)],
    ['an operation of a list, made here', entryAfter([oneItem], moved, true)],
    [
      'a state that was united with',
      write(writer => encodeEntry({ kind: 'state', items: encodeState(graphOf([hello])), united: true }, writer)),
    ],
    ['a state', write(writer => encodeEntry({ kind: 'state', items: encodeState(graphOf([hello])) }, writer))],
  ]),
  refused: new Map([
    ['nothing', []],
    ['another version', [2, 1, 0]],
    ['an unknown kind', [1, 9]],
    ['bytes left over', [1, 2, 0, 0]],
    ['an operation and nothing of what became visible', [1, 5, 0]],
    ['a kind between those of operations', [1, 6, 0]],
  ]),
  meaning(bytes) {
    const entry = decodeEntry(bytes)
    if (entry.kind === 'state') return { kind: entry.kind, united: entry.united ?? false, items: entry.items.map(hex) }
    const { kind, own = false, operation, removed, visible } = entry
    const meaning = { kind, own, operation: hex(operation), removed: removedMeaning(removed) }
    return visible === undefined ? meaning : { ...meaning, visible: visibleMeaning(operation, removed, visible) }
  },
}

/** Entries up to ticks 10, as they stand under one key. */
const groupOf = (...entries: Uint8Array[]): Uint8Array => {
  const [{ key, value }, ...more] = groupsOf(
    entries.map((entry, i) => ({ ticks: 11 - entries.length + i, entry, check: checkOf(entry), group: 0 })),
  )
  if (key !== groupKey || more.length > 0) throw new Error('not one group')
  return value
}
const groupKey = 'journal/0000000000a'

/** Of the operation in an entry, if there is one. */
function checkOf(entry: Uint8Array): number {
  const decoded = decodeEntry(entry)
  return decoded.kind === 'operation' ? check32(decoded.operation) : 0
}

const plainEntry = write(writer =>
  encodeEntry({ kind: 'operation', operation: hello, removed: new Uint8Array(0) }, writer),
)

const groups: Kind = {
  file: 'journal-groups',
  made: new Map([
    ['an entry that is alone', groupOf(plainEntry)],
    [
      'two entries',
      groupOf(
        plainEntry,
        write(writer => encodeEntry({ kind: 'operation', operation: replaced, removed }, writer)),
      ),
    ],
    ['the most that can have come before', groupOf(...Array.from({ length: 10 }, (_, i) => Uint8Array.of(1, 1, 1, i)))],
  ]),
  refused: new Map([
    ['none', [1, 8]],
    ['one alone', [1, 8, 2, 1, 1, 0, 0, 0, 0]],
    ['an entry without its check', [1, 8, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0]],
    ['more than can have come before', [1, 8, ...Array.from({ length: 11 }, () => [0, 0, 0, 0, 0]).flat()]],
  ]),
  meaning: bytes => entriesAt(groupKey, bytes).map(([ticks, entry]) => ({ ticks, entry: hex(entry) })),
}

const life = fromHex('1112131415161718')
const metas: Kind = {
  file: 'store-descriptions',
  made: new Map([
    ['of a new store', encodeMeta({ domain: 'golden.example', life, generation: 0, ticks: 0, itemCount: 0 })],
    [
      'with a checkpoint',
      encodeMeta({ domain: 'golden.example', life, generation: 3, ticks: 2 ** 40, itemCount: 300 }),
    ],
  ]),
  refused: new Map([
    ['nothing', []],
    ['version 0', [0]],
    ['a newer version', [2]],
    ['cut', [1, 3, 0x61]],
  ]),
  async meaning(bytes) {
    const store = new MemoryStore()
    await store.open()
    await store.batch([{ key: metaKey, value: bytes }])
    const meta = await readMeta(store, 'golden.example')
    return { ...meta, life: hex(meta!.life) }
  },
}

const storeWith = async (key: string, bytes: Uint8Array): Promise<MemoryStore> => {
  const store = new MemoryStore()
  await store.open()
  await store.batch([{ key, value: bytes }])
  return store
}

const lives: Kind = {
  file: 'store-lives',
  made: new Map([
    ['one', encodeLives([{ id: life, since: 0 }])],
    [
      'three',
      encodeLives([
        { id: life, since: 7 },
        { id: fromHex('2122232425262728'), since: 7 },
        { id: fromHex('3132333435363738'), since: 300 },
      ]),
    ],
  ]),
  refused: new Map([
    ['nothing', []],
    ['a newer version', [2]],
    ['none', [1, 0]],
  ]),
  async meaning(bytes) {
    const found = await readLives(await storeWith(livesKey, bytes), life, 1000)
    return found.map(({ id, since }) => ({ life: hex(id), since }))
  },
}

const identities: Kind = {
  file: 'store-identities',
  made: new Map([['an id', encodeIdentity(replicas[0])]]),
  refused: new Map([
    ['nothing', []],
    ['another version', [2, 1, 1]],
    ['an empty id', [1, 0]],
  ]),
  async meaning(bytes) {
    return { replica: hex((await readIdentity(await storeWith(identityKey, bytes)))!) }
  },
}

const sealed = (type: MessageType, fill: (writer: Writer) => void) =>
  write(writer => {
    seal(writer, channel.check, type)
    fill(writer)
  })
const vector = [
  { replica: replicas[0], counter: 1, check: 0xffffffff },
  { replica: replicas[1], counter: 300, check: 5 },
]
const readers: Record<number, (reader: Reader) => object> = {
  [MessageType.hello]: messages.readHello,
  [MessageType.request]: messages.readRequest,
  [MessageType.operations]: messages.readOperations,
  [MessageType.stateHeader]: messages.readStateOffer,
  [MessageType.fetch]: messages.readFetch,
  [MessageType.stateItem]: messages.readStateItem,
  [MessageType.buckets]: messages.readBuckets,
  [MessageType.differing]: messages.readDiffering,
  [MessageType.fragment]: messages.readFragment,
  [MessageType.probe]: reader => ({ reach: messages.readReach(reader) }),
  [MessageType.reached]: reader => ({ reach: messages.readReach(reader) }),
}
const digests = { vectorDigest: [1, 0xffffffff], stateDigest: [1, 2, 3, 0xfffffffe] } as const

/** What the offer of a state says of its items. */
const offered = ([header, ...items]: readonly Uint8Array[]) => ({
  header,
  items: items.map(item => ({ length: item.length, check: check64(item) })),
})

const wire: Kind = {
  file: 'messages',
  made: new Map([
    [
      'hello',
      sealed(MessageType.hello, w =>
        messages.writeHello(w, { reply: true, isNew: false, keeps: false, covered: 301, ...digests }),
      ),
    ],
    [
      'hello of a new clone',
      sealed(MessageType.hello, w =>
        messages.writeHello(w, { reply: false, isNew: true, keeps: false, covered: 0, ...digests }),
      ),
    ],
    [
      'hello of a keeper',
      sealed(MessageType.hello, w =>
        messages.writeHello(w, { reply: false, isNew: false, keeps: true, covered: 2 ** 40, ...digests }),
      ),
    ],
    ['request', sealed(MessageType.request, w => messages.writeRequest(w, { id: 7, parts: undefined, vector }))],
    [
      'request of everything',
      sealed(MessageType.request, w => messages.writeRequest(w, { id: 1, parts: undefined, vector: [] })),
    ],
    [
      'request about parts of the vector',
      sealed(MessageType.request, w => messages.writeRequest(w, { id: 8, parts: [0, 1, 4095], vector })),
    ],
    [
      'request about no part of the vector',
      sealed(MessageType.request, w => messages.writeRequest(w, { id: 8, parts: [], vector: [] })),
    ],
    [
      'buckets of a vector',
      sealed(MessageType.buckets, w =>
        messages.writeBuckets(w, { id: 6, digests: graphOf([hello]).replicas.partDigests().buckets }),
      ),
    ],
    [
      'differing buckets',
      sealed(MessageType.differing, w =>
        messages.writeDiffering(w, {
          id: 6,
          buckets: [1, 255].map(bucket => ({ bucket, parts: Array.from({ length: 16 }, (_, i) => i * bucket) })),
        }),
      ),
    ],
    [
      'live operations',
      sealed(MessageType.operations, w => messages.writeOperations(w, { request: 0, end: 2, operations: [hello] })),
    ],
    [
      'an answer',
      sealed(MessageType.operations, w =>
        messages.writeOperations(w, { request: 7, end: 1, operations: [hello, replaced] }),
      ),
    ],
    [
      'an answer with a bundle',
      sealed(MessageType.operations, w =>
        messages.writeOperations(w, { request: 7, end: 2, operations: [hello, replaced, ...steady] }),
      ),
    ],
    [
      'an answer of nothing',
      sealed(MessageType.operations, w => messages.writeOperations(w, { request: 300, end: 2, operations: [] })),
    ],
    [
      'the offer of a state',
      sealed(MessageType.stateHeader, w =>
        messages.writeStateOffer(w, { request: 7, stream: 2 ** 31, ...offered(encodeState(graphOf([hello]))) }),
      ),
    ],
    [
      'fetch',
      sealed(MessageType.fetch, w => messages.writeFetch(w, { stream: 2 ** 31, inflates: true, items: [1, 2, 9] })),
    ],
    [
      'an item of a state',
      sealed(MessageType.stateItem, w =>
        messages.writeStateItem(w, { stream: 5, index: 1, deflated: false, bytes: encodeState(graphOf([hello]))[1] }),
      ),
    ],
    [
      'a stream that is gone',
      sealed(MessageType.stateItem, w =>
        messages.writeStateItem(w, { stream: 5, index: 1, deflated: false, bytes: new Uint8Array(0) }),
      ),
    ],
    [
      'a fragment',
      sealed(MessageType.fragment, w =>
        messages.writeFragment(w, { message: 9, index: 1, count: 2, bytes: Uint8Array.of(1, 2, 3) }),
      ),
    ],
    ['a probe', sealed(MessageType.probe, w => messages.writeReach(w, vector))],
    ['the answer to a probe', sealed(MessageType.reached, w => messages.writeReach(w, vector.slice(1)))],
    ['presence', writePresence(new TextEncoder().encode('{"name":"Fréd"}'), channel.check)],
    [
      'hello with rules in force',
      sealed(MessageType.hello, w =>
        messages.writeHello(w, { reply: true, isNew: false, keeps: false, covered: 1, ...digests, rulesDigest: 7 }),
      ),
    ],
    [
      'presence of a clone on several channels',
      writePresence(new TextEncoder().encode('[1]'), channel.check, {
        id: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 255),
        losses: 300,
      }),
    ],
    [
      'presence without data of a clone on several channels',
      writePresence(new Uint8Array(0), channel.check, { id: Uint8Array.of(0), losses: 0 }),
    ],
  ]),
  refused: new Map([
    ['nothing', []],
    ['another magic', [0x4d, 0x58, 1, 0, 0, 0, 0, 1, 0, 0]],
    ['another channel', [0x4d, 0x57, 1, 0, 0, 0, 0, 1, 0, 0]],
    ['a newer version', [0x4d, 0x57, 2, 0, 0, 0, 0, 1, 0, 0]],
  ]),
  meaning(bytes) {
    const opened = open(bytes, channel.check)
    if (opened.kind !== 'message') throw new Error(opened.kind)
    const name = Object.entries(MessageType).find(([, type]) => type === opened.type)?.[0]
    if (opened.type === MessageType.presence) {
      const { data, id, losses } = readPresence(bytes, channel.check)
      return { type: name, data, ...(id !== undefined && { id, losses }) }
    }
    return { type: name, ...readers[opened.type](opened.payload) }
  },
}

export const kinds: readonly Kind[] = [operations, states, journal, groups, metas, lives, identities, wire]

/** Bytes in a meaning as hexadecimal, so that it is JSON. */
export const plainJson = (meaning: unknown): unknown =>
  JSON.parse(JSON.stringify(meaning, (_, value) => (value instanceof Uint8Array ? hex(value) : value)))

/** What a vector means, or the code of the error that it is refused with. */
export async function read(kind: Kind, bytes: readonly Uint8Array[]): Promise<Pick<Vector, 'meaning' | 'error'>> {
  try {
    return { meaning: plainJson(await kind.meaning(bytes[0], bytes)) }
  } catch (error) {
    const codes = ['data-malformed', 'data-version', 'store-corrupt', 'store-format'] as const
    const code = codes.find(code => hasCode(error, code)) ?? (error as Error).message
    return { error: code }
  }
}

/** All vectors of a kind, as today's code makes them. */
export async function vectorsOf(kind: Kind): Promise<Vector[]> {
  const vectors: Vector[] = []
  for (const [name, made] of kind.made) {
    const items = made instanceof Uint8Array ? [made] : made
    vectors.push({ name, bytes: made instanceof Uint8Array ? hex(made) : made.map(hex), ...(await read(kind, items)) })
  }
  for (const [name, bytes] of kind.refused)
    vectors.push({
      name: `refused: ${name}`,
      bytes: hex(Uint8Array.from(bytes)),
      ...(await read(kind, [Uint8Array.from(bytes)])),
    })
  return vectors
}
