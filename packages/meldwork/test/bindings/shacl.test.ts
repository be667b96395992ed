/** Shapes as rules: what becomes of each component, what cannot be read, shapes as data, and reports. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { declareShapes, shapes, validate } from '../../src/bindings/shacl.js'
import { type Clone, openClone } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import { prefixes } from './random-shapes.js'
import { ruled } from './shacl-clone.js'
import { turtle } from './shacl-oracle.js'

const read = (text: string) => shapes(turtle(prefixes + text))
const at = (name: string) => `http://board.example/#${name}`

const opened: Clone[] = []
afterEach(async () => {
  vi.doUnmock('shacl-engine')
  for (const clone of opened.splice(0)) await clone.close()
})

async function board(): Promise<Clone> {
  const clone = await openClone({ domain: 'board.example', store: new MemoryStore(), genesis: true })
  opened.push(clone)
  return clone
}

const person = `
:PersonShape a sh:NodeShape ; sh:targetClass :Person ;
  sh:property [ sh:path :name ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:string ; sh:message "Everybody has one name" ] .`

describe('shapes', () => {
  it('become rules that say where they come from', () => {
    const { constraints, rules, notKept } = read(person)
    const about = { property: at('name'), class: [at('Person')] }
    expect(constraints).toEqual([
      { '@type': 'datatype', ...about, datatype: 'http://www.w3.org/2001/XMLSchema#string' },
      { '@type': 'min-count', ...about, count: 1 },
      { '@type': 'max-count', ...about, count: 1 },
    ])
    expect(rules[1]).toEqual({
      shape: at('PersonShape'),
      property: at('name'),
      component: 'minCount',
      messages: ['Everybody has one name'],
      constraint: constraints[1],
    })
    expect(notKept).toEqual([])
  })

  it('have targets of five kinds, and sub-classes', () => {
    const { constraints } = read(`
      :Dog rdfs:subClassOf :Animal .
      :Animal a rdfs:Class, sh:NodeShape ; sh:property :named .
      :named sh:path :name ; sh:maxCount 1 .
      :Other sh:targetNode :a, :b ; sh:targetSubjectsOf :p, :q ; sh:targetObjectsOf :r ; sh:property :named .`)
    const most = { '@type': 'max-count', property: at('name'), count: 1 }
    expect(constraints).toEqual([
      { ...most, class: [at('Animal'), at('Dog')] },
      { ...most, subjectsOf: at('p'), node: [at('a'), at('b')], objectsOf: at('r') },
      { ...most, subjectsOf: at('q') },
    ])
  })

  it('judge what others refer to where they do so', () => {
    const { constraints, notKept } = read(':S sh:targetObjectsOf :knows ; sh:class :Person ; sh:nodeKind sh:IRI .')
    expect(constraints).toEqual([
      { '@type': 'node-kind', property: at('knows'), kind: 'iri' },
      { '@type': 'reference', property: at('knows'), to: [at('Person')] },
    ])
    expect(notKept).toEqual([])
  })

  it.each([
    ['a path of several steps', 'sh:property [ sh:path (:p :q) ; sh:minCount 1 ]', 'path', false],
    ['a path backwards', 'sh:property [ sh:path [ sh:inversePath :p ] ; sh:minCount 1 ]', 'path', false],
    [
      'a count of values by their shape',
      'sh:property [ sh:path :p ; sh:qualifiedValueShape [ sh:class :A ] ; sh:qualifiedMinCount 1 ]',
      'qualifiedValueShape',
      false,
    ],
    ['a query', 'sh:sparql [ sh:select "SELECT $this {}" ]', 'sparql', false],
    ['the name of a subject', 'sh:pattern "^http"', 'pattern', false],
    [
      'what values are as subjects',
      'sh:property [ sh:path :p ; sh:node [ sh:property [ sh:path :q ; sh:minCount 1 ] ] ]',
      'property',
      false,
    ],
    ['a count of what may dangle', 'sh:property [ sh:path :p ; sh:minCount 1 ; sh:class :A ]', 'minCount', true],
    ['a class of a type', 'sh:property [ sh:path rdf:type ; sh:class :A ]', 'class', true],
    ['a pair that others may break', 'sh:property [ sh:path :p ; sh:equals :q ; sh:disjoint :r ]', 'equals', true],
    ['types in a closed shape', 'sh:closed true', 'closed', false],
    ['a pattern of another language', 'sh:property [ sh:path :p ; sh:pattern "(?=a)" ]', 'pattern', false],
    [
      'a class inside of logic',
      'sh:property [ sh:path :p ; sh:or ([ sh:class :A ] [ sh:datatype xsd:string ]) ]',
      'or',
      false,
    ],
  ])('are not kept where they ask for %s', (_, text, component, reported) => {
    const { constraints, notKept } = read(`:S sh:targetClass :C ; ${text} .`)
    expect(notKept).toMatchObject([{ shape: at('S'), component, reported }])
    expect(constraints.filter(({ reportOnly }) => reportOnly)).toHaveLength(reported ? 1 : 0)
  })

  it('cannot hide what they lack of subjects that are named', async () => {
    const { constraints, notKept } = read(
      ':S sh:targetNode :a ; sh:targetClass :C ; sh:property [ sh:path :p ; sh:minCount 1 ] .',
    )
    const least = { '@type': 'min-count', property: at('p'), count: 1 }
    expect(constraints).toEqual([
      { ...least, class: [at('C')] },
      { ...least, node: [at('a')], reportOnly: true },
    ])
    expect(notKept).toMatchObject([{ component: 'minCount', reported: true }])
    const clone = await ruled(turtle(`${prefixes} :a :q 1 .`), constraints)
    opened.push(clone)
    expect(clone.countQuads()).toBe(1)
    expect(clone.report()).toMatchObject([{ subject: '#a', constraint: { '@type': 'min-count' } }])
  })

  it('only report, with another severity than sh:Violation', () => {
    const { constraints, notKept } = read(`
      :S sh:targetClass :C ; sh:severity sh:Warning ; sh:property [ sh:path :p ; sh:maxCount 1 ] ; sh:closed true ; sh:ignoredProperties (rdf:type) .`)
    expect(constraints.map(({ '@type': type, reportOnly }) => [type, reportOnly])).toEqual([
      ['closed', true],
      ['max-count', undefined],
    ])
    expect(notKept).toEqual([])
  })

  it('ask for nothing when they are deactivated', () => {
    const { constraints, notKept } = read(`
      :S sh:targetClass :C ; sh:deactivated true ; sh:property [ sh:path :p ; sh:maxCount 1 ] .
      :T sh:targetClass :C ; sh:or ([ sh:deactivated true ] [ sh:property [ sh:path :p ; sh:minCount 1 ] ]) .`)
    expect([constraints, notKept]).toEqual([[], []])
  })

  it('mean all values of a subject, or each value, by where logic stands', async () => {
    const kinds = ['[ sh:datatype xsd:string ]', '[ sh:datatype xsd:integer ]']
    const each = read(`:S sh:targetClass :C ; sh:property [ sh:path :p ; sh:or (${kinds.join(' ')}) ] .`)
    const all = read(
      `:S sh:targetClass :C ; sh:or (${kinds.map(kind => kind.replace('[', '[ sh:path :p ;')).join(' ')}) .`,
    )
    const data = turtle(`${prefixes} :mixed a :C ; :p "a", 1, 2.5 . :texts a :C ; :p "a", "b" .`)
    const seen = async ({ constraints }: typeof all) => {
      const clone = await ruled(data, constraints)
      opened.push(clone)
      return ['#mixed', '#texts'].map(id => clone.get(id)?.p)
    }
    expect(await seen(each)).toEqual([expect.toSatisfy(values => new Set(values).size === 2), ['a', 'b']])
    expect(await seen(all)).toEqual([undefined, ['a', 'b']])
  })

  it('are said to be useless without a target and without others that name them', () => {
    const { notKept } = read(':S a sh:NodeShape ; sh:property [ sh:path :p ; sh:maxCount 1 ] .')
    expect(notKept).toMatchObject([{ shape: at('S'), component: 'target' }])
  })
})

describe('what cannot be read', () => {
  it.each([
    ['no shapes', ':a :b :c .', 'no shapes'],
    [
      'a shape that is part of itself',
      ':S sh:targetClass :C ; sh:node :T . :T sh:not :S .',
      'recursive: it asks for itself by way of',
    ],
    [
      'a shape that is part of itself over others',
      ':S sh:targetClass :C ; sh:property [ sh:path :p ; sh:node :S ] .',
      'recursive',
    ],
    ['blank nodes in a circle', ':S sh:targetClass :C ; sh:not _:a . _:a sh:not _:b . _:b sh:not _:a .', 'recursive'],
    ['a shape that is nowhere', ':S sh:targetClass :C ; sh:node :T .', 'there is no such shape'],
    ['a property shape without a path', ':S sh:targetClass :C ; sh:property [ sh:minCount 1 ] .', 'must have a path'],
    [
      'a path that is nowhere',
      ':S sh:targetClass :C ; sh:property [ sh:path _:x ; sh:minCount 1 ] .',
      'nowhere described',
    ],
    ['two paths', ':S sh:targetClass :C ; sh:property [ sh:path :p, :q ; sh:minCount 1 ] .', 'path has 2 values'],
    [
      'a list that leads back',
      ':S sh:targetClass :C ; sh:or _:a . _:a rdf:first :S ; rdf:rest _:a .',
      'leads back to itself',
    ],
    ['a list without an end', ':S sh:targetClass :C ; sh:or _:a . _:a rdf:first :S .', 'malformed'],
    ['a list with a fork', ':S sh:targetClass :C ; sh:in _:a . _:a rdf:first 1, 2 ; rdf:rest () .', 'malformed'],
    ['a list that is a text', ':S sh:targetClass :C ; sh:or "a" .', 'is no list'],
    ['a count that is none', ':S sh:targetClass :C ; sh:property [ sh:path :p ; sh:minCount -1 ] .', 'whole number'],
    [
      'a kind that is none',
      ':S sh:targetClass :C ; sh:property [ sh:path :p ; sh:nodeKind :q ] .',
      'nodeKind cannot be',
    ],
    [
      'a bound that is an IRI',
      ':S sh:targetClass :C ; sh:property [ sh:path :p ; sh:minInclusive :q ] .',
      'must be a literal',
    ],
    ['a class that is a text', ':S sh:targetClass "C" .', 'must be an IRI'],
    ['a flag that is a text', ':S sh:targetClass :C ; sh:closed "yes" .', 'true or false'],
    ['a count without a path', ':S sh:targetClass :C ; sh:minCount 1 .', 'for shapes with a path'],
  ])('is %s', (_, text, reason) => {
    const refused = {
      code: 'constraint-invalid',
      facts: expect.objectContaining({ reason: expect.stringContaining(reason) }),
    }
    expect(() => read(text)).toThrow(expect.objectContaining(refused))
  })

  it('is what names each other too often', () => {
    const text = Array.from({ length: 40 }, (_, i) => `:S${i} sh:and (:S${i + 1} :S${i + 1}) .`).join('\n')
    expect(() => read(`:S0 sh:targetClass :C . ${text} :S40 sh:nodeKind sh:IRI .`)).toThrow('too often')
  })
})

describe('shapes as data', () => {
  it('are in force once, however often they are declared, and follow the shapes', async () => {
    const clone = await board()
    const first = await declareShapes(clone, turtle(prefixes + person))
    expect(first).toMatchObject({ kept: [], withdrawn: [], conflicts: [], notKept: [] })
    expect(first.declared).toHaveLength(3)
    expect(first.declared[0]).toMatch(/^http:\/\/board\.example\/#PersonShape\.datatype\.[0-9a-f]{16}$/)
    expect(clone.rules.inForce.map(({ id }) => id).sort()).toEqual([...first.declared].sort())
    await expect(clone.write({ '@id': 'fred', '@type': 'Person' })).rejects.toMatchObject({
      code: 'constraint-violated',
    })

    const { ticks } = clone.status.value
    expect(await declareShapes(clone, turtle(prefixes + person))).toMatchObject({ declared: [], withdrawn: [] })
    expect(clone.status.value.ticks).toBe(ticks)

    const more = person.replace('sh:maxCount 1', 'sh:maxCount 2')
    const changed = await declareShapes(clone, turtle(prefixes + more))
    expect(changed).toMatchObject({
      declared: [expect.stringContaining('.maxCount.')],
      withdrawn: [expect.stringContaining('.maxCount.')],
    })
    expect(clone.status.value.ticks).toBe(ticks + 1)
    expect(clone.rules.inForce).toHaveLength(3)
    expect(clone.rules.notInForce).toEqual([])
  })

  it('are tried first: what they would hide', async () => {
    const clone = await board()
    await clone.write([
      { '@id': 'fred', '@type': 'Person', name: ['Fred', 'Freddy'] },
      { '@id': 'dino', '@type': 'Person' },
    ])
    const tried = await declareShapes(clone, turtle(prefixes + person), { dryRun: true })
    expect(tried.conflicts).toMatchObject([
      { subject: 'dino', hidesSubject: true },
      { subject: 'fred', property: 'name' },
    ])
    expect([tried.declared, clone.rules.inForce]).toEqual([[], []])
  })

  it('are declared as a whole, or not at all', async () => {
    const clone = await board()
    await clone.declare({ '@type': 'max-count', property: 'name', count: 0, class: 'Person' })
    const refused = { code: 'constraint-invalid', facts: { reason: expect.stringContaining('contradicts') } }
    await expect(declareShapes(clone, turtle(prefixes + person))).rejects.toMatchObject(refused)
    expect([clone.rules.inForce.length, clone.rules.notInForce]).toEqual([1, []])
  })
})

describe('a report', () => {
  it('says what of all that is seen is wrong', async () => {
    const clone = await board()
    await clone.write([
      { '@id': 'fred', '@type': 'Person', name: ['Fred', 'Freddy'] },
      { '@id': 'wilma', '@type': 'Person', name: 'Wilma' },
    ])
    const { conforms, results } = await validate(clone, turtle(prefixes + person))
    expect(conforms).toBe(false)
    expect(results).toMatchObject([
      {
        focusNode: { termType: 'NamedNode', value: 'http://board.example/fred' },
        path: { value: at('name') },
        value: undefined,
        component: 'http://www.w3.org/ns/shacl#MaxCountConstraintComponent',
        severity: 'http://www.w3.org/ns/shacl#Violation',
        messages: ['Everybody has one name'],
      },
    ])
  })

  it('needs a package, and says so', async () => {
    vi.doMock('shacl-engine', () => {
      throw new Error('Cannot find package')
    })
    await expect(validate(await board(), turtle(prefixes + person))).rejects.toMatchObject({
      code: 'package-missing',
      facts: { package: 'shacl-engine', install: 'npm install shacl-engine' },
    })
  })
})
