import { expect, test } from 'vitest'
import { collect, readBytes, readCount, readPort, readSeconds } from '../src/commands/arguments.js'
import { syntaxOf } from '../src/commands/syntax.js'
import { folderOfDomain } from '../src/folders.js'

test('numbers in options are checked', () => {
  expect(readPort('0')).toBe(0)
  expect(readPort('65535')).toBe(65_535)
  for (const text of ['65536', '-1', '', '80.5', 'http', '0x50']) expect(() => readPort(text)).toThrow('whole number')
  expect(readCount('7')).toBe(7)
  expect(() => readCount('0')).toThrow('from 1')
  expect(['65536', '64k', '1M', '1MiB', '2 kb'].map(readBytes)).toEqual([65_536, 65_536, 1_048_576, 1_048_576, 2048])
  for (const text of ['', 'k', '1G', '1.5M', '0']) expect(() => readBytes(text)).toThrow()
  expect(['10', '0.5', '0'].map(readSeconds)).toEqual([10_000, 500, 0])
  for (const text of ['', ' ', '-1', 'soon', 'NaN']) expect(() => readSeconds(text)).toThrow('seconds')
  expect(collect('b', collect('a', undefined))).toEqual(['a', 'b'])
})

test('the syntax of a file is said, or seen by its ending', () => {
  expect(syntaxOf(undefined, 'a/b.NQ')).toBe('application/n-quads')
  expect(syntaxOf(undefined, 'b.ttl')).toBe('text/turtle')
  expect(syntaxOf('trig', 'b.ttl')).toBe('application/trig')
  expect(syntaxOf('text/turtle', '-')).toBe('text/turtle')
  expect(syntaxOf(undefined, '-')).toBeUndefined()
  expect(syntaxOf(undefined, 'nq')).toBeUndefined()
  expect(() => syntaxOf('rdfxml', 'b.ttl')).toThrow('nquads, ntriples, turtle, trig')
})

test('each domain has a folder of its own, whatever its name', () => {
  const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}`
  const names = ['board.example', 'localhost:8080', 'localhost_8080', 'bücher.example', 'b_cher.example', 'con', long]
  const folders = names.map(folderOfDomain)
  expect(new Set(folders).size).toBe(names.length)
  for (const folder of folders) expect(folder).toMatch(/^[0-9a-f]{16}-[a-z0-9._-]{1,80}$/)
  expect(folderOfDomain('board.example')).toMatch(/-board\.example$/)
})
