import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { canonical } from '../reference/canonical.js'
import { readHere, readThere } from '../reference/jsonld.js'

// Both read the same documents into triples, compared as canonical N-Quads with our new identifiers as blank nodes.
// Known differences, which the documents below avoid:
// - what jsonld drops without a word (a key or IRI that is none), we refuse; and references that begin
//   like a variable
// - integers from 2^53 to 10^21 are xsd:double here, xsd:integer there, where their digits would be invented
// - doubles have the shortest digits that round-trip here, at most 16 there
// - text under xsd:double is kept as it is here, and rewritten as a number there
// - null under a term coerced to @json says nothing here, and is a JSON null there
// - language tags are in lower case here
// - a number under xsd:decimal is a decimal here, and written as a double there
const runs = fuzz.runs(400)
const xsd = 'http://www.w3.org/2001/XMLSchema#'

const iri = fc.constantFrom(
  'http://ex.example/',
  'http://ex.example/p',
  'http://ex.example/#',
  'ex:q',
  'ex:a/b',
  'urn:x:',
  'plain',
  'other:x',
)
const coercion = fc.constantFrom('@id', '@vocab', '@json', '@none', `${xsd}date`, `${xsd}boolean`, 'ex:type', 'Type')
const definition = fc.oneof(
  iri,
  fc.record({ '@id': iri, '@type': coercion }, { requiredKeys: [] }),
  fc.record({ '@id': iri, '@language': fc.constantFrom('en', 'fr', null) }, { requiredKeys: [] }),
  fc.record({ '@id': iri, '@prefix': fc.boolean() }, { requiredKeys: ['@id'] }),
  fc.record({ '@id': iri, '@container': fc.constant('@set') }, { requiredKeys: ['@id'] }),
  fc.constant(null),
  fc.constantFrom('@id', '@type', '@value'),
)
const term = fc.constantFrom('name', 'ex', 'plain', 'a', 'b', 'ex:q', 'urn')
const context = fc
  .tuple(
    fc.record(
      {
        '@base': fc.constantFrom('http://base.example/x/y', 'sub/', '../', null),
        '@vocab': fc.constantFrom('http://vocab.example/', 'ex:', 'http://vocab.example/#v-', '', null),
        '@language': fc.constantFrom('de', null),
      },
      { requiredKeys: [] },
    ),
    fc.dictionary(term, definition, { maxKeys: 4, noNullPrototype: true }),
  )
  .map(([keywords, terms]) => ({ ...keywords, ...terms }))

const reference = fc.constantFrom(
  'x',
  './x',
  '../x',
  '/x',
  '#x',
  '//h/x',
  'http://x.example/a/../b',
  'ex:x',
  'name',
  'name:x',
  'urn:x',
  'a/b:c',
  '',
)
const scalar = fc.oneof(
  fc.constantFrom('', 'text', 'x', 'ex:x', 'name', 'a'),
  fc.constantFrom(0, 5, -7, 0.5, 1e21, 1.5e-7, true, false),
)
const valueObject = fc.oneof(
  fc.record({ '@value': scalar }),
  fc.record({ '@value': fc.constantFrom('a', 'b'), '@language': fc.constantFrom('en', 'fr-ca') }),
  fc.record({
    '@value': fc.constantFrom('a', 5, 0.5, true),
    '@type': fc.constantFrom(`${xsd}date`, 'ex:type', 'Type'),
  }),
  fc.record({ '@value': fc.constantFrom(5, 0.5), '@type': fc.constant(`${xsd}double`) }),
  fc.record({ '@value': fc.jsonValue({ maxDepth: 2 }), '@type': fc.constant('@json') }),
)
const { subject } = fc.letrec<{ subject: Record<string, unknown>; value: unknown }>(tie => ({
  subject: fc
    .tuple(
      fc.record(
        {
          '@id': reference,
          '@type': fc.oneof(fc.constantFrom('Type', 'ex:T', 'name', 'a'), fc.constant(['Type', 'a'])),
        },
        { requiredKeys: [] },
      ),
      fc.dictionary(
        fc.constantFrom('name', 'plain', 'a', 'b', 'ex:q', 'http://x.example/p', 'urn:x:y', 'other', 'a:b'),
        fc.oneof(tie('value'), fc.array(tie('value'), { maxLength: 3 })),
        {
          maxKeys: 4,
          noNullPrototype: true,
        },
      ),
    )
    .map(([keywords, properties]) => ({ ...keywords, ...properties })),
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 2 },
    scalar,
    valueObject,
    fc.record({ '@id': reference }),
    fc.record({ '@set': fc.array(scalar, { maxLength: 2 }) }),
    tie('subject'),
  ),
}))

describe('subjects are read as jsonld reads them', () => {
  it('for random contexts and documents', { timeout: 60_000 + 100 * runs }, async () => {
    let compared = 0
    let refused = 0
    await fc.assert(
      fc.asyncProperty(context, fc.array(subject, { minLength: 1, maxLength: 2 }), async (localContext, document) => {
        const ours = readHere(localContext, document)
        if (ours === undefined) {
          refused++
          // Nothing is refused that jsonld reads without dropping anything. It does drop things unsaid under aliases, and takes the
          // IRI of an ignored prefix for the text "undefined".
          if (!/"@(id|type|value)"[,}]|"ex":null/.test(JSON.stringify(localContext))) {
            await expect(readThere(localContext, document, true)).rejects.toThrow()
          }
          return
        }
        compared++
        expect(await canonical(ours)).toBe(await canonical(await readThere(localContext, document)))
      }),
      { numRuns: runs },
    )
    // Most documents must be legal, or this would test nothing.
    expect(compared).toBeGreaterThan(refused / 3)
  })

  it('where the two have been seen to differ', async () => {
    const cases: [object, object][] = [
      [{}, { '@id': '', p: 1 }],
      [{ '@vocab': 'x' }, { '@id': 'a', p: 1 }],
      [{ ex: 'http://ex.example/' }, { '@id': 'a/ex:b', p: { '@id': 'ex:c' } }],
      [{ 'a/b': { '@type': '@id' } }, { '@id': 'x', 'a/b': 'y' }],
    ]
    for (const [localContext, document] of cases) {
      const ours = readHere(localContext, [document])
      expect(ours).toBeDefined()
      expect(await canonical(ours!)).toBe(await canonical(await readThere(localContext, [document])))
    }
  })
})
