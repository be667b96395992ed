/** A block to be drawn. */
export interface DrawnBlock {
  readonly id: string
  readonly parents: readonly string[]
}

/** One line of the drawing: the lines between blocks, with the block's mark among them where `id` is there. */
export interface DrawnLine {
  readonly id: string | undefined
  /** The mark is `*`, at `column`. */
  readonly graph: string
  readonly column: number | undefined
}

/** The ways that lead out of a cell, as bits. */
const [up, down, left, right] = [1, 2, 4, 8]
const shapes: readonly string[] = [...' ╵╷│╴╯╮┤╶╰╭├─┴┬┼']

/**
 * Draws which block follows which, as lines of text: those that follow stand above those that they follow.
 * @param blocks in any order; parents that are not among them are left out
 */
export function drawBlocks(blocks: readonly DrawnBlock[]): DrawnLine[] {
  const lines: DrawnLine[] = []
  /** For each column, the block to which its line goes down. */
  const lanes: (string | undefined)[] = []
  for (const { id, parents } of sorted(blocks)) {
    const waiting = lanes.flatMap((lane, at) => (lane === id ? [at] : []))
    const column = waiting[0] ?? freeLane(lanes)
    // Lines that meet here come together above it.
    const others = waiting.slice(1)
    if (others.length > 0) {
      lines.push({ id: undefined, graph: connection(lanes, column, others), column: undefined })
      for (const other of others) lanes[other] = undefined
    }
    lanes[column] = id
    const cells = lanes.map((lane, at) => (at === column ? '*' : lane === undefined ? ' ' : '│'))
    lines.push({ id, graph: cells.join(' ').trimEnd(), column })
    lanes[column] = parents.find(parent => !lanes.includes(parent)) ?? parents[0]
    const further = parents.filter(parent => parent !== lanes[column])
    if (further.length === 0) continue
    const ends = further.map(parent => {
      const there = lanes.indexOf(parent)
      const at = there >= 0 ? there : freeLane(lanes)
      lanes[at] = parent
      return { at, isNew: there < 0 }
    })
    lines.push({ id: undefined, graph: branching(lanes, column, ends), column: undefined })
  }
  return lines
}

/** Lines that come from other columns into this one. */
function connection(lanes: readonly (string | undefined)[], column: number, others: readonly number[]): string {
  const cells = lanes.map(lane => (lane === undefined ? 0 : up | down))
  for (const other of others) {
    cells[other] = up
    join(cells, column, other)
  }
  return text(cells)
}

/** Lines that go from this column into others, which begin there or are there already. */
function branching(
  lanes: readonly (string | undefined)[],
  column: number,
  ends: readonly { readonly at: number; readonly isNew: boolean }[],
): string {
  const cells = lanes.map(lane => (lane === undefined ? 0 : up | down))
  for (const { at, isNew } of ends) if (isNew) cells[at] = down
  for (const { at } of ends) join(cells, column, at)
  return text(cells)
}

function join(cells: number[], from: number, to: number): void {
  const [first, last] = from < to ? [from, to] : [to, from]
  cells[first] |= right
  cells[last] |= left
  for (let between = first + 1; between < last; between++) cells[between] |= left | right
}

function text(cells: readonly number[]): string {
  return cells
    .map((cell, at) => shapes[cell] + ((cell & right) !== 0 && at < cells.length - 1 ? '─' : ' '))
    .join('')
    .trimEnd()
}

function freeLane(lanes: (string | undefined)[]): number {
  const free = lanes.indexOf(undefined)
  return free >= 0 ? free : lanes.push(undefined) - 1
}

/** Each block before those that it follows: by how long the longest way down is, then by id, so that equal graphs give equal drawings. */
function sorted(blocks: readonly DrawnBlock[]): DrawnBlock[] {
  const known = new Map(blocks.map(block => [block.id, block]))
  const depths = new Map<string, number>()
  for (const { id } of blocks) {
    const open = [id]
    while (open.length > 0) {
      const at = open[open.length - 1]
      const parents = known.get(at)!.parents.filter(parent => known.has(parent))
      const missing = parents.filter(parent => !depths.has(parent))
      if (missing.length > 0) open.push(...missing)
      else {
        depths.set(at, 1 + Math.max(0, ...parents.map(parent => depths.get(parent)!)))
        open.pop()
      }
    }
  }
  return blocks
    .map(({ id, parents }) => ({ id, parents: [...new Set(parents)].filter(parent => known.has(parent)) }))
    .sort((a, b) => depths.get(b.id)! - depths.get(a.id)! || (a.id < b.id ? -1 : 1))
}
