import { describe, expect, it } from 'vitest'
import { Context, IriSpace } from '../../src/rdf/index.js'

const iris = new IriSpace('board.example')
const domain = Context.of(iris)
const ex = 'http://ex.example/'

describe('the context of a domain', () => {
  it('expands references against the domain, and names against its vocabulary', () => {
    expect(domain.expandReference('fred')).toBe('http://board.example/fred')
    expect(domain.expandReference('../fred')).toBe('http://board.example/fred')
    expect(domain.expandReference('')).toBe('http://board.example/')
    expect(domain.expandReference('mailto:x@y')).toBe('mailto:x@y')
    expect(domain.expandVocab('name')).toBe('http://board.example/#name')
    expect(domain.expandVocab('http://x/y')).toBe('http://x/y')
  })

  it.each(['?x', '?', '@foo', '@id', 'a b'])('refuses %j as an IRI', text => {
    expect(() => domain.expandReference(text, '$.x')).toThrow(
      expect.objectContaining({ code: 'iri-malformed', facts: { iri: text, path: '$.x' } }),
    )
    expect(() => domain.expandVocab(text, '$.x')).toThrow(expect.objectContaining({ code: 'iri-malformed' }))
  })

  it('refuses blank nodes by name', () => {
    expect(() => domain.expandReference('_:b', '$.x')).toThrow(expect.objectContaining({ code: 'pattern-unsupported' }))
  })

  it.each(['fred', '#name', 'a/b', '.well-known/genid/x'])('knows %j for a plain reference', text => {
    expect(domain.isPlain(text)).toBe(true)
  })

  it.each(['', '?x', '@x', '\u0001type', 'a:b', 'a/b:c', ' a'])('does not take %j for a plain reference', text => {
    expect(domain.isPlain(text)).toBe(false)
  })
})

describe('a local context', () => {
  const context = domain.extend({
    '@version': 1.1,
    '@base': 'people/',
    '@vocab': 'http://schema.org/',
    '@language': 'EN',
    ex,
    not: { '@id': ex },
    forced: { '@id': 'http://ex.example/p', '@prefix': true },
    name: 'ex:name',
    id: '@id',
    kind: '@type',
    knows: { '@id': 'ex:knows', '@type': '@id' },
    born: { '@type': 'xsd:date' },
    xsd: 'http://www.w3.org/2001/XMLSchema#',
    title: { '@language': null },
    'ex:own': { '@type': '@vocab' },
    'ex:list': { '@container': '@list' },
    back: { '@reverse': 'ex:knows' },
    ignored: null,
    same: 'name',
  })

  it('expands', () => {
    expect(context.expandReference('fred')).toBe('http://board.example/people/fred')
    expect(context.expandReference('/fred')).toBe('http://board.example/fred')
    expect(context.expandReference('ex:a')).toBe(`${ex}a`)
    expect(context.expandReference('name')).toBe('http://board.example/people/name')
    expect(context.expandReference('ex://a')).toBe('ex://a')
    expect(context.expandReference('not:a')).toBe('not:a')
    expect(context.expandReference('forced:a')).toBe('http://ex.example/pa')
    expect(context.expandVocab('name')).toBe(`${ex}name`)
    expect(context.expandVocab('same')).toBe(`${ex}name`)
    expect(context.expandVocab('other')).toBe('http://schema.org/other')
    expect(context.expandVocab('born')).toBe('http://schema.org/born')
    expect(context.expandVocab('ignored')).toBeNull()
    expect(context.terms.get('born')?.type).toBe('http://www.w3.org/2001/XMLSchema#date')
    expect(context.terms.get('ex:own')).toMatchObject({ iri: `${ex}own`, type: '@vocab' })
    expect(context.terms.get('ex:list')?.containers).toEqual(['@list'])
    expect(context.terms.get('back')?.reverse).toBe(true)
    expect(context.terms.get('title')?.language).toBeNull()
    expect(context.language).toBe('en')
    expect(context.keyword('id')).toBe('@id')
    expect(context.keywordAlias('@type')).toBe('kind')
    expect(context.keywordAlias('@value')).toBe('@value')
    expect(context.isPlain('fred')).toBe(false)
  })

  it('compacts to what it expands', () => {
    expect(context.compactReference('http://board.example/people/fred')).toBe('fred')
    expect(context.compactReference('http://board.example/fred')).toBe('http://board.example/fred')
    expect(context.compactReference(`${ex}a`)).toBe('ex:a')
    expect(context.compactVocab(`${ex}name`)).toBe('name')
    expect(context.compactVocab('http://schema.org/other')).toBe('other')
    // The term `title` is another property; the alias `id` is no property at all.
    expect(context.compactVocab('http://schema.org/id')).toBe('http://schema.org/id')
    expect(domain.compactVocab('http://board.example/#@id')).toBe('http://board.example/#@id')
    expect(domain.compactVocab('http://board.example/#?x')).toBe('http://board.example/#?x')
    expect(domain.compactVocab('http://board.example/#a:b')).toBe('http://board.example/#a:b')
    expect(domain.compactReference('http://board.example/@id')).toBe('http://board.example/@id')
    expect(domain.compactShortReference('@id')).toBe('http://board.example/@id')
  })

  it('prefers a prefix, as jsonld does, also within the domain', () => {
    const people = domain.extend({ people: 'http://board.example/people/' })
    expect(people.compactShortReference('people/fred')).toBe('people:fred')
    expect(people.compactShortReference('fred')).toBe('fred')
    expect(domain.extend({ any: 'http://' }).compactShortReference('fred')).toBe('any:board.example/fred')
    expect(domain.extend({ any: 'http://' }).compactReference('http://x/y')).toBe('any:x/y')
    expect(domain.extend({ ex }).compactShortReference('fred')).toBe('fred')
  })

  it('extends the one before; null goes back to the domain', () => {
    const both = domain.extend([{ ex }, { name: 'ex:name' }])
    expect(both.expandVocab('name')).toBe(`${ex}name`)
    expect(both.extend({ name: 'ex:other' }).expandVocab('name')).toBe(`${ex}other`)
    expect(both.extend({ name: null }).expandVocab('name')).toBeNull()
    expect(both.extend([null]).expandVocab('name')).toBe('http://board.example/#name')
    expect(both.expandVocab('name')).toBe(`${ex}name`)
    expect(() => domain.extend({ '@base': null }).expandReference('fred')).toThrow(
      expect.objectContaining({ code: 'iri-malformed' }),
    )
    expect(() => domain.extend({ '@vocab': null }).expandVocab('name')).toThrow(
      expect.objectContaining({ code: 'iri-malformed' }),
    )
  })

  it('is safe against names of Object.prototype', () => {
    const hostile = JSON.parse('{"__proto__": "http://x/p", "constructor": {"@id": "http://x/c"}}')
    expect(domain.extend(hostile).expandVocab('__proto__')).toBe('http://x/p')
    expect(domain.extend(hostile).expandVocab('constructor')).toBe('http://x/c')
    expect(domain.expandVocab('__proto__')).toBe('http://board.example/#__proto__')
    expect(domain.expandVocab('toString')).toBe('http://board.example/#toString')
  })

  it.each<[unknown, string, string]>([
    [5, 'context-invalid', "$['@context']"],
    [[5], 'context-invalid', "$['@context'][0]"],
    ['http://schema.org/', 'context-invalid', "$['@context']"],
    [{ a: { '@container': ['@list', '@set'] } }, 'context-invalid', "$['@context'].a"],
    [{ a: { '@container': ['@language', '@index'] } }, 'context-invalid', "$['@context'].a"],
    [{ a: { '@reverse': 'http://x/b', '@container': '@list' } }, 'context-invalid', "$['@context'].a"],
    [{ '@version': 1 }, 'context-invalid', "$['@context']['@version']"],
    [{ '@base': 5 }, 'context-invalid', "$['@context']['@base']"],
    [{ '@base': 'a b' }, 'iri-malformed', "$['@context']['@base']"],
    [{ '@vocab': 5 }, 'context-invalid', "$['@context']['@vocab']"],
    [{ '@vocab': '@id' }, 'context-invalid', "$['@context']['@vocab']"],
    [{ '@language': 'no tag' }, 'context-invalid', "$['@context']['@language']"],
    [{ '@import': 'x' }, 'pattern-unsupported', "$['@context']"],
    [{ '@propagate': true }, 'pattern-unsupported', "$['@context']"],
    [{ '@direction': 'ltr' }, 'pattern-unsupported', "$['@context']"],
    [{ a: { '@context': {} } }, 'pattern-unsupported', "$['@context'].a"],
    [{ a: { '@nest': 'x' } }, 'pattern-unsupported', "$['@context'].a"],
    [{ a: { '@foo': 'x' } }, 'context-invalid', "$['@context'].a"],
    [{ a: 5 }, 'context-invalid', "$['@context'].a"],
    [{ a: ['x'] }, 'context-invalid', "$['@context'].a"],
    [{ a: { '@id': 5 } }, 'context-invalid', "$['@context'].a"],
    [{ a: 'x y' }, 'iri-malformed', "$['@context'].a"],
    [{ a: 'b:x', b: 'a:y' }, 'context-invalid', "$['@context'].a"],
    [{ '@id': 'x' }, 'context-invalid', "$['@context']['@id']"],
    [{ '@foo': 'x' }, 'context-invalid', "$['@context']['@foo']"],
    [{ '?a': 'x' }, 'context-invalid', "$['@context']['?a']"],
    [{ '': 'x' }, 'context-invalid', "$['@context']['']"],
    [{ a: '@context' }, 'context-invalid', "$['@context'].a"],
    [{ a: { '@type': 5 } }, 'context-invalid', "$['@context'].a"],
    [{ a: { '@type': '@set' } }, 'context-invalid', "$['@context'].a"],
    [{ a: { '@type': 'http://www.w3.org/1999/02/22-rdf-syntax-ns#langString' } }, 'context-invalid', "$['@context'].a"],
    [{ a: { '@language': 5 } }, 'context-invalid', "$['@context'].a"],
    [{ a: { '@container': '@foo' } }, 'context-invalid', "$['@context'].a"],
    [{ a: { '@prefix': 5 } }, 'context-invalid', "$['@context'].a"],
    [{ a: { '@id': 'http://x/a', '@reverse': 'http://x/b' } }, 'context-invalid', "$['@context'].a"],
  ])('refuses %j with %s', (local, code, path) => {
    expect(() => domain.extend(local)).toThrow(
      expect.objectContaining({ code, facts: expect.objectContaining({ path }) }),
    )
  })
})
