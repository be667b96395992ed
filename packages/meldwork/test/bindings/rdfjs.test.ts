/** A clone as the source and the sink of another library: n3, with its own streams and its own store. */
import { EventEmitter, once } from 'node:events'
import { Readable } from 'node:stream'
import type * as RdfJs from '@rdfjs/types'
import { Parser, Store, StreamParser, StreamWriter } from 'n3'
import { DataFactory } from 'rdf-data-factory'
import { afterEach, describe, expect, it } from 'vitest'
import { QuadStream, RdfStore } from '../../src/bindings/rdfjs.js'
import { type Clone, openClone } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'

const factory = new DataFactory()
const name = factory.namedNode('http://board.example/#name')

const opened: Clone[] = []
afterEach(async () => {
  for (const clone of opened.splice(0)) await clone.close()
})

async function board(subjects = 3): Promise<{ clone: Clone; store: RdfStore }> {
  const clone = await openClone({ domain: 'board.example', store: new MemoryStore(), genesis: true })
  opened.push(clone)
  await clone.write(
    Array.from({ length: subjects }, (_, i) => ({ '@id': `s${i}`, name: `n${i}`, of: { '@id': 's0' } })),
  )
  return { clone, store: new RdfStore(clone) }
}

const texts = (quads: Iterable<RdfJs.Quad>) =>
  Array.from(quads, ({ subject, predicate, object }) => `${subject.value} ${predicate.value} ${object.value}`).sort()

describe('a source', () => {
  it('is what RDF/JS says, by its type', async () => {
    const { store } = await board()
    const source: RdfJs.Source = store
    const sink: RdfJs.Sink<RdfJs.Stream, EventEmitter> = store
    const both: RdfJs.Store = store
    expect([source, sink, both]).toEqual([store, store, store])
  })

  it('is imported by the store of n3', async () => {
    const { clone, store } = await board(700)
    const theirs = new Store()
    const importing = theirs.import(store.match())
    // What is written meanwhile does not come into it.
    await clone.write({ '@id': 'late', name: 'late' })
    await once(importing, 'end')
    expect(theirs.size).toBe(1400)
    await clone.delete('late')
    expect(texts(theirs)).toEqual(texts(clone.quads()))
    const some = new Store()
    await once(some.import(store.match(null, name, factory.variable('x'))), 'end')
    expect([some.size, store.countQuads(null, name)]).toEqual([700, 700])
  })

  it('is written by the writer of n3', async () => {
    const { clone, store } = await board()
    let turtle = ''
    const writer = new StreamWriter({ format: 'Turtle' })
    writer.import(store.match())
    for await (const piece of writer) turtle += piece
    expect(texts(new Parser().parse(turtle))).toEqual(texts(clone.quads()))
  })

  it('can be read, iterated and stopped', async () => {
    const { clone, store } = await board()
    const reading = store.match()
    await once(reading as unknown as EventEmitter, 'readable')
    const read: RdfJs.Quad[] = []
    for (let quad = reading.read(); quad !== null; quad = reading.read()) read.push(quad)
    await once(reading as unknown as EventEmitter, 'end')
    expect([texts(read), reading.readable, reading.read()]).toEqual([texts(clone.quads()), false, null])

    const iterated: RdfJs.Quad[] = []
    for await (const quad of store.match()) iterated.push(quad)
    expect(texts(iterated)).toEqual(texts(clone.quads()))

    const stopped = store.match()
    const seen: unknown[] = []
    stopped.on('data', quad => {
      seen.push(quad)
      stopped.pause()
    })
    const ended = new Promise(resolve => stopped.on('end', () => resolve('end')))
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(seen).toHaveLength(1)
    stopped.resume()
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(seen).toHaveLength(2)
    stopped.removeAllListeners('data')
    stopped.on('data', () => {})
    stopped.resume()
    expect(await ended).toBe('end')
    expect(store.match().destroy().read()).toBeNull()
  })

  it('lets others have their turns', async () => {
    const { store } = await board(2000)
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    let given = 0
    const stream = store.match().on('data', () => given++)
    await once(stream as unknown as EventEmitter, 'end')
    clearInterval(timer)
    expect(given).toBe(4000)
    expect(turns).toBeGreaterThan(3)
  })
})

describe('a sink', () => {
  it('takes what n3 parses, and what another store has', async () => {
    const { clone, store } = await board(0)
    const lines = Array.from({ length: 2500 }, (_, i) => `_:b <a:p> "${i}" .\n`)
    const updates: number[] = []
    clone.follow(({ quads }) => updates.push(quads.insert.length))
    const parser = new StreamParser({ format: 'N-Triples' })
    const ending = once(store.import(parser) as unknown as EventEmitter, 'end')
    Readable.from(lines).pipe(parser)
    await ending
    expect(updates).toEqual([1000, 1000, 500])
    expect(new Set(Array.from(clone.quads(), ({ subject }) => subject.value)).size).toBe(1)

    const theirs = new Store([...clone.match()])
    theirs.addQuad(factory.quad(name, name, factory.literal('more')) as never)
    await once(store.import(theirs.match() as never) as unknown as EventEmitter, 'end')
    expect(clone.countQuads()).toBe(2501)
  })

  it('deletes what comes, and what matches', async () => {
    const { clone, store } = await board()
    const theirs = new Store([...clone.match(null, name)])
    await once(store.remove(theirs.match() as never) as unknown as EventEmitter, 'end')
    expect([clone.countQuads(), clone.countQuads(null, name)]).toEqual([3, 0])
    await once(store.removeMatches(factory.namedNode('http://board.example/s1')) as unknown as EventEmitter, 'end')
    expect(clone.countQuads()).toBe(2)
    await once(store.deleteGraph('a:graph') as unknown as EventEmitter, 'end')
    expect(clone.countQuads()).toBe(2)
    await once(store.deleteGraph(factory.defaultGraph()) as unknown as EventEmitter, 'end')
    expect(clone.countQuads()).toBe(0)
  })

  it('tells once of what fails, and takes no more then', async () => {
    const { clone, store } = await board(0)
    const good = factory.quad(name, name, factory.literal('x'))
    const bad = factory.quad(name, factory.variable('p'), name)
    for (const fail of [
      (stream: EventEmitter) => stream.emit('error', Object.assign(new Error('line 5'), { code: 'theirs' })),
      (stream: EventEmitter) => stream.emit('data', bad),
    ]) {
      const stream = new EventEmitter()
      const told: unknown[] = []
      const emitter = store.import(stream)
      emitter.on('error', error => told.push((error as { code: string }).code)).on('end', () => told.push('end'))
      stream.emit('data', good)
      fail(stream)
      stream.emit('end')
      await clone.flushed()
      await new Promise(resolve => setTimeout(resolve, 0))
      expect(told).toHaveLength(1)
      expect(['theirs', 'pattern-unsupported']).toContain(told[0])
    }
    expect(clone.countQuads()).toBe(0)
    await clone.close()
    const [error] = await new Promise<unknown[]>(resolve =>
      store.removeMatches().on('error', (...told) => resolve(told)),
    )
    expect(error).toMatchObject({ code: 'clone-closed' })
  })

  it('takes its own streams as others do', async () => {
    const { clone, store } = await board()
    const { clone: copy, store: sink } = await board(0)
    await once(sink.import(store.match()) as unknown as EventEmitter, 'end')
    expect(texts(copy.quads())).toEqual(texts(clone.quads()))
    const listeners: unknown[] = []
    const stream = new QuadStream([])
    stream
      .prependListener('end', () => listeners.push('second'))
      .prependOnceListener('end', () => listeners.push('first'))
    stream.emit('end')
    stream.emit('end')
    expect(listeners).toEqual(['first', 'second', 'second'])
    expect([stream.eventNames(), stream.listenerCount('end'), stream.listeners('data')]).toEqual([['end'], 1, []])
    expect(() => stream.emit('error', new Error('nobody'))).toThrow('nobody')
  })
})
