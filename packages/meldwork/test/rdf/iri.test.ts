import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { abbreviatedNamespaces, checkDomain, IriSpace, isAbsoluteIri, isPlainName } from '../../src/rdf/index.js'

const iris = new IriSpace('board.example')

/** Pieces of which nasty IRIs are made. */
const piece = fc.constantFrom(
  ...[
    'a',
    'B',
    '.',
    '..',
    '...',
    '/',
    '//',
    '?',
    '#',
    ':',
    '@',
    '%2F',
    '%',
    '1',
    'é',
    '字',
    '😀',
    '~',
    '-',
    '_',
    '&=',
    '?x',
    '_:b',
    'http:',
  ],
)
const tail = fc.array(piece, { maxLength: 8 }).map(pieces => pieces.join(''))
const start = fc.constantFrom(
  ...[
    'http://board.example/',
    'http://board.example',
    'http://board.example:80/',
    'http://www.w3.org/',
    'HTTP://board.example/',
    'urn:',
  ],
  ...['http://other.example/', 'tag:x,2024:', 'http://board.example/#', ...abbreviatedNamespaces],
)
const absolute = fc.tuple(start, tail).map(([head, rest]) => head + rest)
const domains = ['board.example', 'www.w3.org', 'localhost:8080'].map(domain => new IriSpace(domain))

describe('short form of an IRI', () => {
  it.each([
    ['http://board.example/fred', 'fred'],
    ['http://board.example/#name', '#name'],
    ['http://board.example/a/b?c=../d#e', 'a/b?c=../d#e'],
    ['http://board.example/a//b', 'a//b'],
    ['http://board.example/.well-known/genid/x', '.well-known/genid/x'],
    ['http://board.example/@id', '@id'],
    ['http://www.w3.org/1999/02/22-rdf-syntax-ns#type', '\u0001type'],
    ['http://www.w3.org/2001/XMLSchema#string', '\u0002string'],
    ['http://www.w3.org/2000/01/rdf-schema#', '\u0003'],
    ['http://www.w3.org/2002/07/owl#Class', 'http://www.w3.org/2002/07/owl#Class'],
  ])('%s is %j', (long, short) => {
    expect(iris.short(long)).toBe(short)
    expect(iris.absolute(short)).toBe(long)
    expect(iris.isShort(short)).toBe(true)
  })

  it.each([
    'http://board.example/',
    'http://board.example//a',
    'http://board.example/?x',
    'http://board.example/a:b',
    'http://board.example/1:2',
    'http://board.example/..',
    'http://board.example/a/./b',
    'http://board.example/a/..#x',
    'http://board.example',
    'https://board.example/a',
    'urn:x',
  ])('%s stays absolute', long => {
    expect(iris.short(long)).toBe(long)
    expect(iris.isShort(long)).toBe(true)
  })

  it.each([
    '',
    'http://board.example/fred',
    'http://www.w3.org/1999/02/22-rdf-syntax-ns#type',
    '?x',
    '/a',
    '//a/b',
    '../a',
    'a/./b',
    '.',
    '\u0000a',
    '\u0004a',
    '\u0001a b',
    'a\u0001b',
    'a b',
    'a<b',
    'a\ud800',
    '\u00800',
    '1:2',
    '_:b',
  ])('%j is refused as a short form', text => {
    expect(iris.isShort(text)).toBe(false)
  })

  it('goes back to the same IRI, in every domain', () => {
    fc.assert(
      fc.property(absolute, fc.constantFrom(...domains), (iri, space) => {
        const short = space.short(iri)
        expect(space.absolute(short)).toBe(iri)
        expect(space.isShort(short)).toBe(true)
        expect(short === iri || !space.isShort(iri)).toBe(true)
        // A domain-relative short form resolves as RFC 3986 says.
        if (short !== iri && short.charCodeAt(0) > 3) expect(space.resolve(short)).toBe(iri)
      }),
      { numRuns: fuzz.runs(3_000) },
    )
  })

  it('is the only text that is legal for its IRI', () => {
    fc.assert(
      fc.property(
        fc.oneof(tail, absolute),
        fc.constantFrom('', '\u0001', '\u0002', '\u0003'),
        fc.constantFrom(...domains),
        (text, mark, space) => {
          const candidate = mark + text
          if (!space.isShort(candidate)) return
          expect(isAbsoluteIri(space.absolute(candidate))).toBe(true)
          expect(space.short(space.absolute(candidate))).toBe(candidate)
        },
      ),
      { numRuns: fuzz.runs(3_000) },
    )
  })

  it('is seen in the bytes of a plain name, in every domain', () => {
    const encoder = new TextEncoder()
    const isPlain = (text: string) => {
      const bytes = encoder.encode(`//${text}/`)
      return isPlainName(bytes, 2, bytes.length - 3)
    }
    for (const plain of ['a', 'obj17', '-', '0', 'A_z-9', 'a/b', '2001/XMLSchema']) expect(isPlain(plain)).toBe(true)
    for (const other of [
      '',
      '/',
      '/a',
      'a/',
      'a//b',
      '.',
      'a.b',
      'a:b',
      '#a',
      'a#b',
      'a?b',
      'a b',
      'é',
      '@',
      '`',
      '{',
      '[',
      '\u0001a',
    ])
      expect(isPlain(other)).toBe(false)
    const names = fc.string({ unit: fc.constantFrom('a', 'Z', '5', '_', '-', '/', '.', ':', '#', '2001', 'XMLSchema') })
    fc.assert(
      fc.property(fc.oneof(names, tail, absolute), fc.constantFrom(...domains), (text, space) => {
        if (isPlain(text)) expect(space.isShort(text)).toBe(true)
      }),
      { numRuns: fuzz.runs(3_000) },
    )
  })

  it('knows that a domain of www.w3.org has the abbreviated namespaces under its base', () => {
    const [, w3] = domains
    expect(w3.short('http://www.w3.org/2001/XMLSchema#string')).toBe('\u0002string')
    expect(w3.isShort('2001/XMLSchema#string')).toBe(false)
    expect(w3.isShort('2001/other')).toBe(true)
  })
})

describe('resolving a reference', () => {
  // RFC 3986, sections 5.4.1 and 5.4.2.
  const base = 'http://a/b/c/d;p?q'
  it.each([
    ['g:h', 'g:h'],
    ['g', 'http://a/b/c/g'],
    ['./g', 'http://a/b/c/g'],
    ['g/', 'http://a/b/c/g/'],
    ['/g', 'http://a/g'],
    ['//g', 'http://g'],
    ['?y', 'http://a/b/c/d;p?y'],
    ['g?y', 'http://a/b/c/g?y'],
    ['#s', 'http://a/b/c/d;p?q#s'],
    ['g#s', 'http://a/b/c/g#s'],
    ['g?y#s', 'http://a/b/c/g?y#s'],
    [';x', 'http://a/b/c/;x'],
    ['g;x?y#s', 'http://a/b/c/g;x?y#s'],
    ['', 'http://a/b/c/d;p?q'],
    ['.', 'http://a/b/c/'],
    ['./', 'http://a/b/c/'],
    ['..', 'http://a/b/'],
    ['../', 'http://a/b/'],
    ['../g', 'http://a/b/g'],
    ['../..', 'http://a/'],
    ['../../g', 'http://a/g'],
    ['../../../g', 'http://a/g'],
    ['../../../../g', 'http://a/g'],
    ['/./g', 'http://a/g'],
    ['/../g', 'http://a/g'],
    ['g.', 'http://a/b/c/g.'],
    ['.g', 'http://a/b/c/.g'],
    ['..g', 'http://a/b/c/..g'],
    ['./../g', 'http://a/b/g'],
    ['./g/.', 'http://a/b/c/g/'],
    ['g/./h', 'http://a/b/c/g/h'],
    ['g/../h', 'http://a/b/c/h'],
    ['g;x=1/./y', 'http://a/b/c/g;x=1/y'],
    ['g;x=1/../y', 'http://a/b/c/y'],
    ['g?y/./x', 'http://a/b/c/g?y/./x'],
    ['g#s/../x', 'http://a/b/c/g#s/../x'],
  ])('%j', (reference, resolved) => {
    expect(iris.resolve(reference, base)).toBe(resolved)
  })

  it('agrees with the URL of the platform on paths', () => {
    const segment = fc.constantFrom('', '.', '..', 'a', 'b.c', '...')
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 6 }), fc.array(segment, { maxLength: 4 }), (reference, under) => {
        // RFC 3986 takes the base as it stands, URL without its dot segments.
        const base = new URL(`http://h/${under.join('/')}`).href
        const text = reference.join('/')
        if (text.startsWith('//')) return
        expect(iris.resolve(text, base)).toBe(new URL(text, base).href)
      }),
    )
  })

  it('leaves an absolute IRI as it is', () => {
    expect(iris.resolve('http://x/a/../b')).toBe('http://x/a/../b')
    expect(iris.resolve('HTTP://X/%7e')).toBe('HTTP://X/%7e')
  })

  it.each([
    'a b',
    'a<b>',
    '"',
    'a\u0000',
    'http://x/{y}',
    'a|b',
    'a\\b',
    'a^b',
    'a`b',
    'a\ud800b',
    '\u0001type',
    'a\u007f',
    'a\u0085',
  ])('refuses %j with iri-malformed, the text and the path', text => {
    expect(() => iris.resolve(text, iris.base, '$.x')).toThrow(
      expect.objectContaining({ code: 'iri-malformed', facts: { iri: text, path: '$.x' } }),
    )
  })
})

describe('the name of a domain', () => {
  it.each([
    'localhost',
    'localhost:8080',
    'board.example',
    'a.averyveryveryverylonglabelthatislongerthanusualforatopleveldomain-and-goes-on',
    'xn--bcher-kva.example',
    'bücher.example',
    '例え.jp',
    '127.0.0.1:65535',
    'my_team-1.internal',
    'x',
    `${'a.'.repeat(126)}a`,
  ])('can be %s', domain => {
    expect(new IriSpace(domain).base).toBe(`http://${domain}/`)
  })

  it.each([
    '',
    'Board.example',
    'board.example/',
    'a/b',
    'a b',
    ' a',
    'a..b',
    '.a',
    'a.',
    '-a',
    'a:',
    'a:0',
    'a:65536',
    'a:b',
    'a:1:2',
    'http://a',
    'user@a',
    '[::1]',
    'a?b',
    'a#b',
    'bu\u0308cher.example',
    'BÜCHER.example',
    'a\ud800',
    `${'a.'.repeat(126)}aa`,
  ])('cannot be %j', domain => {
    expect(() => checkDomain(domain)).toThrow(expect.objectContaining({ code: 'domain-invalid' }))
  })

  it('is told in lower case', () => {
    expect(() => checkDomain('Board.Example')).toThrow(/did you mean board\.example\?/)
    expect(() => checkDomain(undefined as unknown as string)).toThrow(
      expect.objectContaining({ code: 'domain-invalid' }),
    )
  })
})
