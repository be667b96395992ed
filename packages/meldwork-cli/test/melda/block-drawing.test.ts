import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DrawnBlock, drawBlocks } from '../../src/melda/block-drawing.js'

const graph = (...lines: string[]): DrawnBlock[] =>
  lines.map(line => {
    const [id, ...parents] = line.split(' ')
    return { id, parents }
  })
const drawing = (...lines: string[]) =>
  drawBlocks(graph(...lines)).map(({ graph, id }) => (id === undefined ? graph : `${graph} ${id}`))

test('a line of blocks is a line', () => {
  expect(drawing('a', 'b a', 'c b')).toEqual(['* c', '* b', '* a'])
  expect(drawing()).toEqual([])
})

test('branches part and come together', () => {
  expect(drawing('a', 'b a', 'c a', 'd b c')).toEqual(['* d', '├─╮', '* │ b', '│ * c', '├─╯', '* a'])
  expect(drawing('a', 'b a', 'c a', 'd a')).toEqual(['* b', '│ * c', '│ │ * d', '├─┴─╯', '* a'])
  expect(drawing('a', 'b', 'c a b')).toEqual(['* c', '├─╮', '* │ a', '  * b'])
  expect(drawing('a', 'b a', 'c a', 'd a', 'e b c d')).toEqual([
    '* e',
    '├─┬─╮',
    '* │ │ b',
    '│ * │ c',
    '│ │ * d',
    '├─┴─╯',
    '* a',
  ])
})

test('a line that passes others crosses them', () => {
  // x and y are apart; z follows both, over the line of m.
  expect(drawing('x', 'm x', 'y', 'n m', 'z n y')).toEqual(['* z', '├─╮', '* │ n', '* │ m', '* │ x', '  * y'])
})

test('parents that are not there are left out', () => {
  expect(drawing('b a', 'c b')).toEqual(['* c', '* b'])
})

test('any graph is drawn: each block once, above all that it follows, in a way that does not depend on the order given', () => {
  const graphs = fc.array(fc.array(fc.nat(30), { maxLength: 4 }), { maxLength: 30 }).map(rows =>
    rows.map((parents, at) => ({
      id: `b${String(at).padStart(2, '0')}`,
      parents: [...new Set(parents.filter(parent => parent < at))].map(parent => `b${String(parent).padStart(2, '0')}`),
    })),
  )
  fc.assert(
    fc.property(graphs, blocks => {
      const lines = drawBlocks(blocks)
      const order = lines.flatMap(({ id }) => id ?? [])
      expect([...order].sort()).toEqual(blocks.map(({ id }) => id))
      for (const { id, parents } of blocks)
        for (const parent of parents) expect(order.indexOf(parent)).toBeGreaterThan(order.indexOf(id))
      for (const { graph, column, id } of lines) if (id !== undefined) expect(graph[2 * column!]).toBe('*')
      expectJoined(lines.map(({ graph }) => graph))
      expect(drawBlocks([...blocks].reverse())).toEqual(lines)
    }),
  )
})

/** Each line that leads out of a cell leads into the next one. */
function expectJoined(rows: readonly string[]): void {
  const ways = (row: number, column: number) => {
    const character = rows[row]?.[column] ?? ' '
    if (character === '*') return 'any'
    return {
      ' ': '',
      '─': 'lr',
      '│': 'ud',
      '╯': 'ul',
      '╮': 'dl',
      '┤': 'udl',
      '╰': 'ur',
      '╭': 'dr',
      '├': 'udr',
      '┴': 'ulr',
      '┬': 'dlr',
      '┼': 'udlr',
    }[character]
  }
  for (const [row, text] of rows.entries())
    for (const column of [...text].keys()) {
      const here = ways(row, column)
      expect(here).toBeDefined()
      if (here === 'any') continue
      if (here!.includes('d')) expect(ways(row + 1, column)).toMatch(/u|any/)
      if (here!.includes('u')) expect(ways(row - 1, column)).toMatch(/d|any/)
      if (here!.includes('r')) expect(ways(row, column + 1)).toMatch(/l/)
      if (here!.includes('l')) expect(ways(row, column - 1)).toMatch(/r/)
    }
}
