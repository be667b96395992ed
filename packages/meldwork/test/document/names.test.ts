import { describe, expect, it } from 'vitest'
import {
  characterObject,
  childRevision,
  compareDeltaIds,
  compareRevisions,
  creationRevision,
  deltaName,
  indexAfter,
  isCharacterCode,
  objectDigest,
  olderGeneration,
  packName,
  parseBlockName,
  parseDeltaId,
  parseRevision,
} from '../../src/document/index.js'

const hash = 'a'.repeat(64)
const other = `${'a'.repeat(63)}b`

describe('names of blocks', () => {
  it('say what a file is', () => {
    expect(parseBlockName(`${hash}.pack`)).toEqual({ kind: 'pack', digest: hash })
    expect(parseBlockName(`${hash}.delta`)).toEqual({ kind: 'delta', id: { hash } })
    expect(parseBlockName(`12-${hash}.delta`)).toEqual({ kind: 'delta', id: { index: 12, hash } })
    expect(packName(hash)).toBe(`${hash}.pack`)
    expect(deltaName({ hash })).toBe(`${hash}.delta`)
    expect(deltaName({ index: 3, hash })).toBe(`3-${hash}.delta`)
  })

  const foreign = [
    '',
    'README.md',
    '.DS_Store',
    `${hash}`,
    `${hash}.index`,
    `${hash} (1).pack`,
    `${hash}.pack (conflicted copy)`,
    `${hash.slice(1)}.pack`,
    `${hash.toUpperCase()}.pack`,
    `x1-${hash}.delta`,
    `01-${hash}.delta`,
    `4294967296-${hash}.delta`,
    `99999999999-${hash}.delta`,
    `-${hash}.delta`,
    `1-${hash}.delta.pub.sig`,
    `1-${hash}.pack`,
    `${hash}.pack\n`,
  ]
  it.each(foreign)('%j is of neither kind', name => {
    expect(parseBlockName(name)).toBeUndefined()
  })

  it('are found in what a person writes', () => {
    expect(parseDeltaId(` 2-${hash}.delta`)).toEqual({ index: 2, hash })
    expect(parseDeltaId(hash)).toEqual({ hash })
    expect(parseDeltaId(`${hash}.delta`)).toEqual({ hash })
    expect(parseDeltaId('99999999999-abc')).toBeUndefined()
    expect(parseDeltaId('1'.repeat(1_000_000))).toBeUndefined()
  })

  it('count up from those of their parents, and are in the order of numbers', () => {
    expect(indexAfter([])).toBe(1)
    expect(indexAfter([{ index: 9, hash }, { index: 10, hash }, { hash }])).toBe(11)
    const ids = [{ index: 10, hash }, { index: 2, hash: other }, { hash }, { index: 2, hash }]
    expect(ids.sort(compareDeltaIds)).toEqual([
      { hash },
      { index: 2, hash },
      { index: 2, hash: other },
      { index: 10, hash },
    ])
  })

  it('leave the older generations to what is changed', () => {
    expect(olderGeneration(['√', 'a@b', '^√@items♭'])).toBe('C')
    expect(olderGeneration(['√', `^${hash}`])).toBe('B')
    expect(olderGeneration(['√', 'x'])).toBe('A')
    expect(olderGeneration([])).toBe('A')
  })
})

describe('revisions', () => {
  it('have a text that says all of them', () => {
    const first = creationRevision('abc')
    expect(first).toEqual({ index: 1, digest: 'abc', text: '1-abc' })
    const second = childRevision(first, 'd')
    expect(second).toEqual({ index: 2, digest: 'd', tail: '5ebbff0', text: '2-d_5ebbff0' })
    expect(parseRevision(second.text)).toEqual(second)
    expect(childRevision(childRevision(first, 'x'), 'd').tail).not.toBe(second.tail)
  })

  it('are in an order in which none is beside another', () => {
    // U+FF21 is before U+20000, though not in UTF-16.
    const ascending = [
      '3-r_x',
      '4-r_x',
      '1-a',
      '1-b',
      '2-a_x',
      '2-a_y',
      '2-é_x',
      '2-\u{ff21}_x',
      '2-\u{20000}_x',
      '10-a_x',
    ]
    const sorted = [...ascending]
      .sort()
      .map(text => parseRevision(text)!)
      .sort(compareRevisions)
    expect(sorted.map(({ text }) => text)).toEqual(ascending)
  })

  it('are not looked for in what is far too long', () => {
    expect(parseRevision('1'.repeat(1_000_000))).toBeUndefined()
    expect(parseRevision(`1-${'a'.repeat(1_000_000)}`)).toBeUndefined()
    expect(parseRevision('4294967296-a')).toBeUndefined()
    expect(parseRevision('4294967295-a')!.index).toBe(4294967295)
    expect(parseRevision('')).toBeUndefined()
  })
})

describe('digests of objects', () => {
  it('are those of the published doctests', () => {
    expect(objectDigest({})).toBe('e')
    expect(objectDigest({ A: [] })).toBe('167c6a7b4f4c1968596dba94b40d4168be7bf402367d78d4f23e7f76e0a7471f')
    expect(objectDigest({ _deleted: true }).slice(0, 8)).toBe('8c900473')
  })

  it('depend on the style of exponents from 10^16 on only', () => {
    expect(objectDigest({ a: 1e21 }, { exponents: 'signed' })).not.toBe(
      objectDigest({ a: 1e21 }, { exponents: 'unsigned' }),
    )
    expect(objectDigest({ a: 1e-7 }, { exponents: 'signed' })).toBe(
      objectDigest({ a: 1e-7 }, { exponents: 'unsigned' }),
    )
  })

  it('may be the content, for a character', () => {
    expect(isCharacterCode('1f600')).toBe(true)
    expect(isCharacterCode('123456789')).toBe(false)
    expect(isCharacterCode('')).toBe(false)
    expect(objectDigest(characterObject('1f600'))).toBe('1f600')
    expect(objectDigest({ '#': 1e-7 })).toBe('0.0000001')
    expect(objectDigest({ '#': 123.25 })).toBe('123.25')
  })
})
