import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  applyPatch,
  canonical,
  childRevision,
  compareRevisions,
  diffOrders,
  digestOf,
  Float,
  flatten,
  Integer,
  isCharcode,
  type JsonObject,
  mergeOrders,
  parse,
  parseDeltaId,
  parseRevision,
  sha256,
  type Value,
} from './sections.mjs'

const vectors = new URL('../../packages/meldwork/test/vectors/melda/vectors/', import.meta.url)
const read = <T>(name: string): T => JSON.parse(readFileSync(new URL(`${name}.json`, vectors), 'utf8'))

const failure = (act: () => unknown): string | undefined => {
  try {
    act()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

interface Vector {
  raw: string
  out?: string
  error?: string
  sha256?: string
}

describe('B: numbers and strings', () => {
  test.each(read<(Vector & Record<string, boolean>)[]>('numbers'))('$raw', ({ raw, out, ...vector }) => {
    if (out === undefined) return expect(failure(() => parse(raw))).toBe('number-range at 5')
    const value = parse(raw)
    expect(canonical(value)).toBe(out)
    expect(value instanceof Float).toBe(vector.is_f64)
    if (value instanceof Integer) {
      expect(value.value >= -(2n ** 63n) && value.value < 2n ** 63n).toBe(vector.is_i64)
      expect(value.value >= 0n).toBe(vector.is_u64)
    }
  })

  test('newer builds write the sign of positive exponents', () => {
    const texts = ['1e21', '1.7976931348623157e308', '1e-7', '1e15', '-1.5e300'].map(raw =>
      canonical(parse(raw), 'signed'),
    )
    expect(texts).toEqual(['1e+21', '1.7976931348623157e+308', '1e-7', '1000000000000000.0', '-1.5e+300'])
  })

  test.each(read<Vector[]>('strings'))('$raw', ({ raw, out, error, sha256: hash }) => {
    if (error !== undefined) return expect(failure(() => parse(raw))).toMatch('lone-surrogate')
    expect(canonical(parse(raw))).toBe(out)
    expect(sha256(canonical(parse(raw)))).toBe(hash)
  })

  test.each([
    '',
    '{',
    '[1,]',
    '{"a":1,}',
    '01',
    '+1',
    '.5',
    '1.',
    '1e',
    '-',
    'nul',
    '"\u0001"',
    '"\\x"',
    '"\\u12"',
    '1 2',
    '\ufeff1',
    '{a:1}',
    "'a'",
    '"\\udc00"',
    '"\\ud800\\u0041"',
    `${'['.repeat(128)}${']'.repeat(128)}`,
  ])('%s is no JSON', raw => {
    expect(failure(() => parse(raw))).toBeDefined()
  })

  test('reads what JavaScript writes, and its own text again', () => {
    const plain = (value: Value): unknown => {
      if (value instanceof Map) return Object.fromEntries([...value].map(([key, field]) => [key, plain(field)]))
      if (Array.isArray(value)) return value.map(plain)
      return value instanceof Integer || value instanceof Float ? Number(value.value) : value
    }
    const scalar = fc.oneof(fc.string({ unit: 'binary' }), fc.maxSafeInteger(), fc.boolean(), fc.constant(null))
    const { value: json } = fc.letrec(tie => ({
      value: fc.oneof(
        { maxDepth: 5 },
        scalar,
        fc.array(tie('value')),
        fc.dictionary(fc.string({ unit: 'grapheme' }), tie('value'), { noNullPrototype: true }),
      ),
    }))
    fc.assert(
      fc.property(json, fc.nat(3), (value, indent) => {
        // A lone surrogate cannot be written in UTF-8.
        fc.pre(!/\\ud[89a-f]/.test(JSON.stringify(value)))
        const read = parse(JSON.stringify(value, null, indent))
        expect(plain(read)).toEqual(value)
        expect(canonical(parse(canonical(read)))).toBe(canonical(read))
      }),
    )
  })

  test('any double comes back but for the last digits', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom('ryu' as const, 'signed' as const),
        (value, style) => {
          const text = canonical(new Float(value), style)
          expect(Number(text)).toBe(value)
          const read = parse(text) as Float
          expect(read).toBeInstanceOf(Float)
          expect(Math.abs(read.value - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -50 + 2 ** -1070)
        },
      ),
    )
  })
})

describe('A.5 and B: digests', () => {
  test.each(read<(Vector & { digest?: string })[]>('digest_object'))('$raw', ({ raw, digest, error }) => {
    const object = parse(raw) as JsonObject
    if (error !== undefined) return expect(failure(() => digestOf(object))).toBe(error)
    expect(digestOf(object)).toBe(digest)
  })
})

interface RevisionVector {
  raw: string
  error?: string
  panic?: true
  index: number
  digest: string
  string: string
  child: string
  del: string
  res: string
  charcode: boolean
}

describe('B and C: revisions', () => {
  const { parse: parsed, sorted_ascending: sorted } = read<{ parse: RevisionVector[]; sorted_ascending: string[] }>(
    'revisions',
  )

  test.each(parsed)('$raw', vector => {
    if (vector.panic) return expect(failure(() => parseRevision(vector.raw))).toBe('revision_index')
    const revision = parseRevision(vector.raw)
    if (vector.error !== undefined || revision === undefined)
      return expect([vector.error, revision]).toEqual([expect.any(String), undefined])
    expect(revision).toEqual({ index: vector.index, digest: vector.digest, text: vector.string })
    expect(childRevision(revision, 'beef').text).toBe(vector.child)
    expect(childRevision(revision, 'd').text).toBe(vector.del)
    expect(childRevision(revision, 'r').text).toBe(vector.res)
    expect(isCharcode(vector.digest)).toBe(vector.charcode)
  })

  test('their order', () => {
    // From their raw texts: `2-abc` is written as `2-abc_`, which would be read as another.
    const revisions = parsed.filter(({ string }) => string !== undefined).map(({ raw }) => parseRevision(raw)!)
    expect(revisions.sort(compareRevisions).map(({ text }) => text)).toEqual(sorted)
  })
})

describe('A.2: flattening', () => {
  interface Flattened {
    raw: string
    root: string
    objects: Record<string, { digest: string; text: string }>
    panic?: true
  }

  test.each(read<Flattened[]>('flatten'))('$raw', ({ raw, root, objects, panic }) => {
    const document = parse(raw) as JsonObject
    if (panic) return expect(failure(() => flatten(document))).toBe('invalid _id')
    const flattened = flatten(document)
    expect(flattened.root).toBe(root)
    const texts = [...flattened.objects].map(([id, object]) => [
      id,
      { digest: digestOf(object), text: canonical(object) },
    ])
    expect(Object.fromEntries(texts)).toEqual(objects)
  })
})

describe('C.4 and C.5: orders', () => {
  const merges = read<{ n: string[]; m: string[]; out: string[] }[]>('merge_arrays')
  const differences = read<{ old: string[]; new: string[]; patch: Value[]; applies: boolean }[]>('diff_patch')

  test(`${merges.length} merges`, () => {
    expect(merges.map(({ n, m }) => mergeOrders(n, m))).toEqual(merges.map(({ out }) => out))
  })

  test(`${differences.length} differences`, () => {
    const patches = differences.map(vector => canonical(diffOrders(vector.old, vector.new)))
    expect(patches).toEqual(differences.map(({ patch }) => JSON.stringify(patch)))
    const applied = differences.map(vector => applyPatch(vector.old, parse(JSON.stringify(vector.patch))))
    expect(applied).toEqual(differences.map(vector => vector.new))
  })

  test('the difference of any two orders leads from one to the other', () => {
    const order = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 30 })
    fc.assert(
      fc.property(order, order, (old, now) => {
        expect(applyPatch(old, diffOrders(old, now))).toEqual(now)
      }),
    )
  })
})

describe('D.2: delta ids', () => {
  test.each(read<{ raw: string; id?: string; key?: string; error?: string }[]>('deltaid'))(
    '$raw',
    ({ raw, id, key }) => {
      const found = parseDeltaId(raw)
      expect(found?.text).toBe(id)
      expect(found && `${found.text}.delta`).toBe(key)
    },
  )
})
