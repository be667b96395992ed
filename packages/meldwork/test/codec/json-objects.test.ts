import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalJson, type JsonObject, parseJson, scanObjects } from '../../src/codec/index.js'
import { key, objectOf, tree } from './json-reference.js'

const utf8 = new TextEncoder()
const slices = (source: string): { objects: string[]; miscounted: string[] } => {
  const bytes = utf8.encode(source)
  const { objects, miscounted } = scanObjects(bytes)
  const text = ({ offset, length }: { offset: number; length: number }): string =>
    new TextDecoder().decode(bytes.subarray(offset, offset + length))
  return { objects: objects.map(text), miscounted: miscounted.map(text) }
}

it('finds the objects of any array of objects', () => {
  const object = fc
    .array(fc.tuple(fc.oneof(key, fc.constantFrom('{', '}', '"{"', '\\}')), tree), { maxLength: 4 })
    .map(members => objectOf(members.map(([name, { value }]) => [name, value])))
  fc.assert(
    fc.property(fc.array(object, { maxLength: 6 }), objects => {
      const texts = objects.map(value => canonicalJson(value))
      const { objects: found, miscounted } = slices(`[${texts.join()}]`)
      expect(found).toEqual(texts)
      if (!/[{}]/.test(JSON.stringify(texts.map(text => text.replace(/"(?:[^"\\]|\\.)*"/g, '').length > 0 && text))))
        return
      // Where no text has a brace, nothing is counted otherwise.
      const braces = (text: string): boolean => (text.match(/"(?:[^"\\]|\\.)*"/g) ?? []).some(part => /[{}]/.test(part))
      if (!texts.some(braces)) expect(miscounted).toEqual([])
    }),
  )
})

it('tells which of them a scanner does not find that only counts braces', () => {
  expect(slices('[{"a":"{}"},{"b":1}]').miscounted).toEqual([])
  expect(slices('[{"a":"x } y"},{"b":1}]').miscounted).toEqual(['{"a":"x } y"}'])
  expect(slices('[{"a":1},{"a":"x { y"},{"b":1},{"c":1}]').miscounted).toEqual(['{"a":"x { y"}', '{"b":1}', '{"c":1}'])
  expect(slices('[{"a":"\\u007b"}]').miscounted).toEqual([])
  // Balanced again, but not in its place.
  expect(slices('[{"a":"}{"}]').miscounted).toEqual(['{"a":"}{"}'])
})

it('leaves white space free', () => {
  const pretty = JSON.stringify([{ a: { b: '}' } }, {}, { c: ['{'] }], null, 2)
  expect(slices(pretty).objects.map(text => parseJson(text) as JsonObject)).toEqual([
    { a: { b: '}' } },
    {},
    { c: ['{'] },
  ])
})

it('refuses what ends too early', () => {
  for (const source of ['[{"a":1', '[{"a":"}', '[{"a":"\\"}]', '"', '[{"a":{}'])
    expect(() => slices(source)).toThrow(expect.objectContaining({ code: 'data-malformed' }))
  expect(slices('')).toEqual({ objects: [], miscounted: [] })
  expect(slices('}]}').objects).toEqual([])
})
