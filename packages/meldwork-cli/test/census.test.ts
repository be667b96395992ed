import type { RDF } from 'meldwork'
import { expect, test } from 'vitest'
import { Census, isSelected } from '../src/commands/census.js'
import { failureOf } from '../src/commands/failure.js'

const quad = (graph: string) =>
  ({
    graph: graph === '' ? { termType: 'DefaultGraph', value: '' } : { termType: 'NamedNode', value: graph },
  }) as RDF.Quad

const censusOf = (...graphs: string[]) => {
  const census = new Census()
  for (const graph of graphs) census.add(quad(graph))
  return census
}

test('a graph is chosen, or all are, or there is none', () => {
  expect(censusOf('', '').selected(undefined)).toBe(2)
  expect(censusOf('', 'a:b', 'a:b').selected('a:b')).toBe(2)
  expect(censusOf('', 'a:b', 'a:c').selected('*')).toBe(3)
  expect(censusOf().selected('a:b')).toBe(0)
  expect(isSelected(quad(''), undefined) && isSelected(quad('a:b'), 'a:b') && isSelected(quad('a:b'), '*')).toBe(true)
  expect(isSelected(quad('a:b'), undefined) || isSelected(quad(''), 'a:b') || isSelected(quad('a:c'), 'a:b')).toBe(
    false,
  )
})

test('named graphs are refused by name unless one is chosen', () => {
  expect(() => censusOf('', 'a:b', 'a:c').selected(undefined)).toThrow(
    expect.objectContaining({
      code: 'graph-named',
      facts: { graph: 'a:b' },
      message: expect.stringContaining('a:c (1 quads)'),
    }),
  )
  expect(() => censusOf('a:b').selected('a:x')).toThrow(expect.objectContaining({ code: 'option-invalid' }))
  const many = Array.from({ length: 9 }, (_, number) => `a:${number}`)
  expect(() => censusOf(...many).selected(undefined)).toThrow('and 4 more')
})

test('a defect is told as such', () => {
  expect(failureOf(new TypeError('oops'))).toMatchObject({ code: 'unexpected', exitCode: 1 })
  expect(failureOf('oops')).toMatchObject({ code: 'unexpected', message: 'oops' })
})
