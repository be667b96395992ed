/** What the types of requests must accept and must refuse. Compiled by `npm test`, never run. */
import type {
  Clone,
  Draft,
  Graph,
  GraphSubject,
  Patch,
  Patterns,
  Read,
  ReadValue,
  Select,
  Solution,
  Subject,
  UpdateRequest,
  Write,
} from '../../src/index.js'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
declare function isTrue<T extends true>(): T
declare const clone: Clone
declare const draft: Draft

// --- what is read

const described = clone.read({ '@describe': '?c', '@where': { '@id': '?c', '@type': 'Card' }, '@orderBy': '?c' })
isTrue<Equal<typeof described, GraphSubject[]>>()
const constructed = clone.read({ '@construct': { '@id': '?c', name: '?n' }, '@where': { '@id': '?c', title: '?n' } })
isTrue<Equal<typeof constructed, GraphSubject[]>>()
const one = clone.read({ '@select': '?n', '@where': { name: '?n' } })
isTrue<Equal<typeof one, { '?n'?: ReadValue }[]>>()
const rows = draft.read({
  '@select': ['?a', { '?n': { '@count': '?b' } }],
  '@where': { '@id': '?a', p: '?b' },
  '@groupBy': '?a',
})
isTrue<Equal<typeof rows, { '?a'?: ReadValue; '?n'?: ReadValue }[]>>()
const all = clone.read({ '@select': '*', '@where': { p: '?b' } })
isTrue<Equal<typeof all, Solution[]>>()
// @ts-expect-error it is not selected
one[0]['?m']

declare const read: Read
const any = clone.read(read)
isTrue<Equal<typeof any, GraphSubject[] | Solution[]>>()
declare const select: Select
const solutions = clone.read(select)
isTrue<Equal<typeof solutions, Solution[]>>()
const variable = `?${String(read)}` as const
const some = clone.read({ '@select': variable, '@where': {} })
isTrue<Equal<typeof some, Solution[]>>()

// --- what may be asked

declare const patterns: Patterns
clone.ask(patterns)
clone.ask([{ '@id': '?x', p: { q: ['?y', 5] } }, { '@filter': { '@gt': ['?y', 5] } }])
clone.read({
  '@context': { name: 'http://ex.example/name' },
  '@select': ['?x', { '?sum': { '@plus': ['?y', { '@times': ['?z', 2] }] } }],
  '@where': {
    '@graph': [
      patterns,
      { '@id': '?x', '@list': { '?i': { '@id': '?slot', '@item': '?y' } }, '@reverse': { p: '?q' } },
    ],
    '@union': [{ '@id': '?x', p: { '@value': '?z', '@lt': 5 } }, [{ '@id': '?x' }]],
    '@optional': { '@id': '?x', at: new Date(), n: 5n, label: { '@value': '?l', '@language': 'en' } },
    '@values': [{ '?x': { '@id': 'fred' } }, { '?x': null }],
    '@bind': { '?b': { '@concat': ['?y', 'x'] } },
    '@filter': [{ '@in': ['?y', 1, 2], '@not': { '@bound': '?z' } }, { '@exists': { '@id': '?x' } }],
  },
  '@orderBy': [{ '@desc': '?x' }, '?y'],
  '@having': { '@gt': [{ '@count': '*' }, 1] },
  '@distinct': true,
  '@limit': 5,
})

// @ts-expect-error
clone.read({ '@selct': '?x', '@where': { '@id': '?x' } })
// @ts-expect-error
clone.read({ '@select': '?x', '@were': { '@id': '?x' } })
// @ts-expect-error
clone.read({ '@select': '?x', '@where': { '@id': '?x' }, '@limt': 5 })
// @ts-expect-error
clone.read({ '@describe': '?x', '@where': { '@id': '?x', '@tpye': 'Card' } })
// @ts-expect-error
clone.read({ '@describe': '?x', '@where': [{ p: { q: [{ '@di': '?x' }] } }] })
// @ts-expect-error
clone.read({ '@describe': '?x', '@where': { '@filter': { '@gtt': ['?x', 5] } } })
// @ts-expect-error
clone.read({ '@describe': '?x', '@where': { '@filter': [{ '@and': [{ '@eqq': ['?x', 5] }] }] } })
// @ts-expect-error
clone.read({ '@describe': '?x', '@where': { '@id': '?x' }, '@orderBy': { '@decs': '?x' } })
// @ts-expect-error
clone.read({ '@describe': '?x', '@where': { '@id': '?x' }, '@limit': '5' })
// @ts-expect-error
clone.read({ '@select': 'x', '@where': { '@id': '?x' } })
// @ts-expect-error
clone.ask({ '@optonal': { '@id': '?x' } })
// @ts-expect-error
clone.ask({ '@id': 5 })
// @ts-expect-error
draft.read({ '@describe': '?x', '@wher': { '@id': '?x' } })
// @ts-expect-error
draft.ask([{ '@id': '?x', p: { '@vlaue': '?y' } }])

// --- what may be written

interface Card {
  '@id': string
  '@type'?: 'Card'
  title: string
  due?: Date
  tags: readonly string[]
  owner?: { '@id': string; name: string }
}
declare const card: Card
declare const subject: Subject
declare const graph: Graph
declare const write: Write
declare const updateRequest: UpdateRequest
declare const patch: Patch
class Person {
  readonly '@id' = 'fred'
  name = 'Fred'
  greet(): string {
    return this.name
  }
}

void clone.write(card)
void clone.write([card, { '@id': 'x', p: [1, null] }])
void clone.write(new Person())
void clone.write(subject)
void clone.write([subject])
void clone.write(graph)
void clone.write(write)
void clone.write(updateRequest)
void clone.write({ title: 'no keyword', nested: { list: { '@list': [1, [2, { '@item': 'x' }]] } } })
void clone.write({ '@graph': [card] })
void clone.write({
  '@insert': card,
  '@delete': { '@id': '?x', p: '?y' },
  '@where': { '@id': '?x', '@filter': { '@lt': ['?y', 5] } },
})
void clone.write({ '@update': { '@id': 'fred', age: { '@plus': 1 } } })
void clone.write({ '@id': 'j', data: { '@type': '@json', '@value': { '@anything': 1 } } })
void clone.put(card)
void clone.put({ '@id': 'x', p: { '@set': ['x'] } })
void clone.patch(patch)
void clone.patch({ '@id': 'x', title: null, '@type': null })
const changes: Partial<Card> & { '@id': string } = { '@id': 'x' }
void clone.patch(changes)
draft.write(card)
draft.put(card)
draft.patch(changes)
const result = clone.write(async each => each.get('x'))
isTrue<Equal<Awaited<typeof result>['value'], GraphSubject | undefined>>()

// @ts-expect-error
void clone.write({ '@inset': { '@id': 'x', p: 1 } })
// @ts-expect-error
void clone.write({ '@id': 'x', '@lits': [] })
// @ts-expect-error
void clone.write([{ '@id': 'x', p: { '@id': 'y', '@tpye': 'Card' } }])
// @ts-expect-error
void clone.write({ '@id': 'x', p: ['a', { '@tpye': 'Card' }] })
// @ts-expect-error
void clone.write({ '@graph': [{ '@Id': 'x' }] })
// @ts-expect-error
void clone.write({ '@insert': { '@id': 'x', p: { '@valeu': 1 } } })
// @ts-expect-error
void clone.write({ '@delete': { '@id': 'x' }, '@where': { '@id': 'x', '@filtr': '?x' } })
// @ts-expect-error
void clone.write({ '@delete': { '@id': 'x' }, '@where': 5 })
// @ts-expect-error
void clone.write({ '@id': 5 })
// @ts-expect-error
void clone.write({ '@id': 'x', p: Symbol('x') })
// @ts-expect-error
void clone.write('x')
// @ts-expect-error
void clone.put({ p: 'without an @id' })
// @ts-expect-error
void clone.put({ '@id': 'x', '@tpye': 'Card' })
// @ts-expect-error
void clone.patch({ title: 'without an @id' })
// @ts-expect-error
void clone.patch({ '@id': 'x', '@lst': [] })
// @ts-expect-error
draft.write({ '@inset': { '@id': 'x' } })
// @ts-expect-error
draft.patch({ '@id': 'x', p: { '@valeu': 1 } })
