/** What the types of subjects must accept and must refuse. Compiled by `npm test`, never run. */
import type { KnownKeywords, Subject } from '../../src/subject/index.js'

declare function write<T extends object>(subject: KnownKeywords<T>): void
declare function writeSubject(subject: Subject): void

interface Card {
  '@id': string
  '@type'?: 'Card'
  title: string
  due?: Date
  done: boolean | null
  owner: { '@id': string; name: string }[]
}
declare const card: Card
write(card)

class Person {
  readonly '@id' = 'fred'
  readonly name = 'Fred'
  greet(): string {
    return this.name
  }
}
write(new Person())
write({
  '@id': 'a',
  p: { '@value': 'x', '@language': 'en' },
  q: [{ '@id': 'b' }, { '@vocab': 'C' }],
  bytes: new Uint8Array(1),
})
write({
  '@context': { ex: 'http://ex.example/', title: { '@id': 'ex:title', '@container': '@language' } },
  title: { en: 'x' },
})
write({ '@id': 'l', '@list': ['a', { '@item': 'b' }, ['c']], '@reverse': { parent: { '@id': 'x' } } })

const subject: Subject = {
  '@context': ['http://x/', null, { '@vocab': 'http://x/', a: { '@id': 'b', '@prefix': true, '@language': null } }],
  '@id': 'a',
  '@list': { 2: 'Spam', 5: ['a', 'b'] },
  nested: [{ '@set': ['x'] }, { p: [[1]] }, new Date(), 5n, null],
}
write(subject)
writeSubject(subject)

// @ts-expect-error no keyword
write({ '@idd': 'a', title: 'x' })
// @ts-expect-error nor inside
write({ '@id': 'a', p: { '@valeu': 'x' } })
// @ts-expect-error nor in an array
write({ '@id': 'a', p: [{ '@id': 'b' }, { '@langauge': 'en' }] })
// @ts-expect-error a keyword of a wrong type
write({ '@id': 5, title: 'x' })
// @ts-expect-error a keyword that is not supported
write({ '@id': 'a', p: { '@index': 'x' } })

interface Misspelt {
  '@Id': string
}
declare const misspelt: Misspelt
// @ts-expect-error nor in a type of the app's
write(misspelt)

// @ts-expect-error a symbol is no value
writeSubject({ '@id': 'a', p: Symbol('x') })
// @ts-expect-error an identifier is text
writeSubject({ '@id': 5 })
// @ts-expect-error a context is no number
writeSubject({ '@context': 5 })
