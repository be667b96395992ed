import { type Clone, openClone } from 'meldwork'
import { MemoryStore } from 'meldwork/stores/memory'
import { MemoryNetwork, MemoryTransport } from 'meldwork/transports/memory'
import { afterEach, describe, expect, test } from 'vitest'
import { fuzz } from '../../../test/fuzz.js'
import { Actions } from '../src/actions.js'
import type { Difference, FoundSubject } from '../src/facts.js'
import { loose, Model } from '../src/model.js'
import { rules } from '../src/rules.js'

/** A clone with its model, as the page has them. */
interface Board {
  readonly clone: Clone
  readonly model: Model
  readonly actions: Actions
}

const everything = { '@describe': '?any', '@where': { '@id': '?any', '?property': '?value' } } as const
const boards: Board[] = []

async function openBoard(network: MemoryNetwork, genesis = false): Promise<Board> {
  const transport = new MemoryTransport(network)
  const clone = await openClone({
    domain: 'board.example',
    store: new MemoryStore(),
    transport,
    constraints: rules,
    genesis,
  })
  const model = new Model()
  model.load(clone.read(everything) as FoundSubject[])
  clone.follow(update => model.apply(update as Difference))
  const board = { clone, model, actions: new Actions(clone, model) }
  boards.push(board)
  return board
}

/** Two people with a column. */
async function openTwo(): Promise<{ hers: Board; his: Board; column: string; meet(): Promise<void> }> {
  const network = new MemoryNetwork()
  const hers = await openBoard(network, true)
  const his = await openBoard(network)
  const column = hers.actions.addColumn('To do')
  const meet = async () => {
    for (const { clone } of [hers, his]) await clone.status.becomes({ unsent: 0, undurable: 0 }, { timeoutMs: 5000 })
    await expect.poll(() => his.clone.stats().digest, { interval: 5 }).toBe(hers.clone.stats().digest)
  }
  await his.clone.status.becomes({ outdated: false }, { timeoutMs: 5000 })
  await meet()
  return { hers, his, column, meet }
}

const titles = ({ model }: Board, column: string) => model.cardsIn(column).map(card => card.title.join(' | '))
const view = ({ model }: Board) => [...model.columns, { id: loose }].map(column => [column, model.cardsIn(column.id)])

afterEach(async () => {
  await Promise.all(boards.splice(0).map(({ clone }) => clone.close()))
})

describe('what people do', () => {
  test('is in the model when the call returns, and with the others soon', async () => {
    const { hers, his, column, meet } = await openTwo()
    const [a, b, c] = ['A', 'B', 'C'].map(title => hers.actions.addCard(column, title))
    expect(titles(hers, column)).toEqual(['A', 'B', 'C'])
    hers.actions.moveCard(c, column, 0)
    hers.actions.setDone(a, true)
    hers.actions.editCard(b, 'note', 'A note')
    hers.actions.editCard(b, 'note', '')
    const doing = hers.actions.addColumn('Doing')
    hers.actions.moveColumn(doing, 0)
    hers.actions.moveCard(a, doing, 5)
    await meet()
    expect(his.model.columns.map(each => each.title[0])).toEqual(['Doing', 'To do'])
    expect(titles(his, column)).toEqual(['C', 'B'])
    expect(his.model.card(a)).toMatchObject({ done: true, column: doing })
    expect(his.model.card(b)?.note).toEqual([])
    expect(view(his)).toEqual(view(hers))
  })

  test('at once, by two: the later title is shown, a move ends in one place, and what comes next clears what is left', async () => {
    const { hers, his, column, meet } = await openTwo()
    const card = hers.actions.addCard(column, 'Tea')
    const [left, right] = [hers.actions.addColumn('Left'), hers.actions.addColumn('Right')]
    await meet()
    hers.actions.editCard(card, 'title', 'Black tea')
    his.actions.editCard(card, 'title', 'Green tea')
    hers.actions.moveCard(card, left, 0)
    his.actions.moveCard(card, right, 0)
    await meet()
    expect(hers.clone.conflicts()).toMatchObject([
      { subject: card, property: 'title', winners: hers.model.card(card)?.title },
    ])
    expect(
      hers.clone
        .conflicts()[0]
        .candidates.map(({ value }) => value)
        .sort(),
    ).toEqual(['Black tea', 'Green tea'])
    expect(his.clone.conflicts()).toEqual(hers.clone.conflicts())
    expect(hers.model.card(card)?.columns).toHaveLength(2)
    expect(view(his)).toEqual(view(hers))
    his.actions.moveCard(card, column, 0)
    his.actions.editCard(card, 'title', 'Green tea')
    await meet()
    expect(hers.model.card(card)).toMatchObject({ title: ['Green tea'], columns: [column] })
    expect(hers.clone.conflicts()).toEqual([])
  })

  test('an edit outlives a deletion at the same time; a move does not', async () => {
    const { hers, his, column, meet } = await openTwo()
    const [edited, moved] = [hers.actions.addCard(column, 'Edited'), hers.actions.addCard(column, 'Moved')]
    await meet()
    hers.actions.deleteCard(edited)
    hers.actions.deleteCard(moved)
    his.actions.editCard(edited, 'note', 'Do not lose this')
    his.actions.moveCard(moved, column, 0)
    await meet()
    expect(hers.model.cardsIn(loose).map(card => card.note)).toEqual([['Do not lose this']])
    expect(hers.model.card(moved)).toBeUndefined()
  })

  test('a column goes with its cards, and comes back with them; a card put there meanwhile is not lost', async () => {
    const { hers, his, column, meet } = await openTwo()
    hers.actions.addCard(column, 'A')
    await meet()
    const before = view(hers)
    const undo = hers.actions.deleteColumn(column)
    expect(hers.model.isEmpty).toBe(true)
    his.actions.addCard(column, 'B')
    await meet()
    expect(titles(hers, loose)).toEqual(['B'])
    await undo()
    await meet()
    expect(titles(his, column)).toEqual(['A', 'B'])
    expect(view(hers).slice(0, 1)).toMatchObject([[before[0][0], [{ title: ['A'] }, { title: ['B'] }]]])
  })

  test('undoing a deletion leaves a card the title that it was given meanwhile', async () => {
    const { hers, his, column, meet } = await openTwo()
    const card = hers.actions.addCard(column, 'Tea')
    hers.actions.editCard(card, 'note', 'Hot')
    await meet()
    const undo = hers.actions.deleteCard(card)
    his.actions.editCard(card, 'title', 'Green tea')
    await meet()
    expect(hers.model.card(card)).toMatchObject({ title: ['Green tea'], note: [] })
    await undo()
    await meet()
    expect(his.model.card(card)).toMatchObject({ title: ['Green tea'], note: ['Hot'], column })
    expect(his.clone.conflicts()).toEqual([])
  })

  test('in any sequence, by two: both models equal what their clones hold', async () => {
    const { hers, his, meet } = await openTwo()
    let state = fuzz.seed
    const below = (bound: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * bound)
    }
    for (let step = 0; step < fuzz.runs(200); step++) {
      const { model, actions } = below(2) === 0 ? hers : his
      const columns = model.columns.map(({ id }) => id)
      const column = columns[below(columns.length)]
      const cards = model.cardsIn(columns[below(columns.length)] ?? loose)
      const card = cards[below(cards.length)]
      const kind = below(12)
      if (columns.length < 2 || (kind === 0 && columns.length < 5)) actions.addColumn(`Column ${step}`)
      else if (kind < 4) actions.addCard(column, `Card ${step}`)
      else if (kind === 4) actions.moveColumn(column, below(columns.length))
      else if (kind === 5 && below(4) === 0) actions.deleteColumn(column)
      else if (card === undefined) continue
      else if (kind < 8) actions.moveCard(card.id, column, below(cards.length + 1))
      else if (kind < 10) actions.editCard(card.id, 'title', `Title ${below(3)}`)
      else if (kind === 10) actions.deleteCard(card.id)
      else actions.setDone(card.id, !card.done)
      if (below(10) === 0) await meet()
    }
    await meet()
    for (const board of [hers, his]) {
      const rebuilt = new Model()
      rebuilt.load(board.clone.read(everything) as FoundSubject[])
      expect(view(board)).toEqual(view({ ...board, model: rebuilt }))
    }
    expect(view(his)).toEqual(view(hers))
  })
})
