import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readJson } from '../src/commands/json.js'
import { formatJson, parseJson } from '../src/json.js'
import { emptyFolder } from './running.js'

async function* pieces(...texts: (string | Uint8Array)[]) {
  yield* texts
}

test('an argument is JSON, or says where it is', async () => {
  const file = join(emptyFolder(), 'fred.json')
  writeFileSync(file, '{"@id": "fred"}')
  expect(await readJson('{"@id": "fred"}', pieces())).toEqual({ '@id': 'fred' })
  expect(await readJson(`@${file}`, pieces())).toEqual({ '@id': 'fred' })
  // A character cut in two arrives whole.
  const bytes = new TextEncoder().encode('{"@id": "é"}')
  expect(await readJson('-', pieces(bytes.subarray(0, 10), bytes.subarray(10)))).toEqual({ '@id': 'é' })
  await expect(readJson('@/nowhere/fred.json', pieces())).rejects.toMatchObject({ code: 'file-unreadable' })
  await expect(readJson('{fred}', pieces())).rejects.toMatchObject({ code: 'input-malformed' })
  await expect(readJson('-', pieces())).rejects.toMatchObject({ facts: { source: 'the standard input' } })
})

test('a number that JSON would alter is refused', () => {
  expect(() => parseJson('{"n": 12345678901234567890}', 'it')).toThrow('12345678901234567890')
  expect(() => parseJson('[-9007199254740993]', 'it')).toThrow('exactly')
  expect(parseJson('{"n": 9007199254740991, "x": 1e300, "t": "12345678901234567890", "\\"": 1}', 'it')).toBeDefined()
  expect(parseJson('[0.1, 123456789012345678e2, -3.5E-7]', 'it')).toHaveLength(3)
  expect(() => parseJson('{"a\\\\": 12345678901234567890}', 'it')).toThrow('exactly')
  expect(parseJson('"a\\"12345678901234567890\\\\"', 'it')).toBe('a"12345678901234567890\\')
})

test('a text of many megabytes is read', () => {
  const text = '\n"x'.repeat(3 * 1024 * 1024)
  expect(parseJson(JSON.stringify([text, 1]), 'it')).toEqual([text, 1])
})

test('JSON is printed as it is, at any indentation', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(2), (value, spaces) => {
      // A negative zero becomes a value object: JSON has none.
      fc.pre(!JSON.stringify(value, (_, each) => (Object.is(each, -0) ? '-0' : each)).includes('-0'))
      expect(JSON.parse(formatJson(value, spaces))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('what JSON does not have is printed as value objects', () => {
  const text = formatJson({ a: 10n ** 20n, b: [Number.POSITIVE_INFINITY, Number.NaN, -0], c: new Uint8Array([1, 2]) })
  const xsd = 'http://www.w3.org/2001/XMLSchema#'
  expect(JSON.parse(text)).toEqual({
    a: { '@type': `${xsd}integer`, '@value': '100000000000000000000' },
    b: [
      { '@type': `${xsd}double`, '@value': 'INF' },
      { '@type': `${xsd}double`, '@value': 'NaN' },
      { '@type': `${xsd}double`, '@value': '-0.0E0' },
    ],
    c: { '@type': `${xsd}base64Binary`, '@value': 'AQI=' },
  })
})
