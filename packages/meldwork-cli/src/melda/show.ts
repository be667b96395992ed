import type { Command } from 'commander'
import { type Conflict, decodeDelta, type LogEntry } from 'meldwork/document'
import { type Colours, outColoursOf, type Terminal } from '../commands/terminal.js'
import { type DrawnLine, drawBlocks } from './block-drawing.js'
import { shortId } from './block-ids.js'
import { waitsFor } from './check.js'
import { addSource, exitCodesHelp, type SourceOptions } from './document-options.js'
import { exitCodes } from './failure.js'
import { printReport, type Report } from './json.js'
import { plainList } from './plain-text.js'
import { type Session, withSource } from './session.js'
import { saying } from './watch.js'

const help = `
Draws which block follows which, the newest above, each with the beginning of its id, its author and what they said:
  (A) no block follows it; (O) it follows none; (-) neither; (B) it waits for something that is missing, and does not count yet
  🏆 it brought what readers see of an object in conflict; 🗲 it brought what they do not see
On a terminal it is in colours, unless NO_COLOR is set.

Examples:
  melda show -s todolist
  melda show -s todolist -b 2-ff474331                              that one, and what it follows
  melda show -s todolist --json | jq '.[] | select(.blocked)'
${exitCodesHelp([exitCodes.unknown, exitCodes.nothing])}`

interface ShownBlock extends Pick<LogEntry, 'id' | 'parents' | 'information' | 'anchor' | 'origin'> {
  /** What it waits for; undefined when it counts. */
  readonly waitsFor: readonly string[] | undefined
  /** Objects in conflict of which it brought the winner, or another side. */
  readonly wins: readonly string[]
  readonly loses: readonly string[]
}

/** `melda show`. */
export function addShow(program: Command, terminal: Terminal): void {
  const command = program
    .command('show')
    .summary('draw the blocks')
    .description('Draw the blocks of a document, and which follows which.')
  addSource(command)
    .addHelpText('after', help)
    .action((options: SourceOptions) => show(options, terminal))
}

async function show(options: SourceOptions, terminal: Terminal): Promise<void> {
  const blocks = await withSource(options, terminal, session => shownBlocks(session))
  if (options.json) return printReport(terminal, blocks.map(blockReport))
  const colours = outColoursOf(terminal)
  const known = new Map(blocks.map(block => [block.id, block]))
  for (const line of drawBlocks(blocks)) {
    const block = line.id === undefined ? undefined : known.get(line.id)
    await terminal.out(`${block ? blockLine(line, block, colours) : colours.dim(line.graph)}\n`)
  }
}

async function shownBlocks({ replica, store }: Session): Promise<ShownBlock[]> {
  const conflicts = replica.conflicts()
  const sides = (id: string) => ({ wins: objectsWonBy(conflicts, id), loses: objectsLostBy(conflicts, id) })
  const blocks = replica.log().map((entry): ShownBlock => ({ ...entry, waitsFor: undefined, ...sides(entry.id) }))
  for (const blocked of replica.blocked()) {
    const { id } = blocked
    const bytes = await store.read(`${id}.delta`)
    const delta = bytes && decodeDelta(bytes)
    blocks.push({
      id,
      parents: delta?.parents ?? [],
      information: delta?.information as LogEntry['information'],
      anchor: false,
      origin: delta?.parents.length === 0,
      waitsFor: waitsFor(blocked),
      wins: [],
      loses: [],
    })
  }
  return blocks
}

const objectsWonBy = (conflicts: readonly Conflict[], id: string): string[] =>
  conflicts.filter(({ winner }) => winner.block === id).map(({ object }) => object)

const objectsLostBy = (conflicts: readonly Conflict[], id: string): string[] =>
  conflicts.filter(({ others }) => others.some(({ block }) => block === id)).map(({ object }) => object)

function blockLine({ graph, column = 0 }: DrawnLine, block: ShownBlock, colours: Colours): string {
  const { bold, cyan, dim, green, magenta, red, yellow } = colours
  const [mark, colour] = block.waitsFor
    ? ['B', red]
    : block.anchor
      ? ['A', green]
      : block.origin
        ? ['O', cyan]
        : ['-', dim]
  const at = 2 * column
  const drawn = `${dim(graph.slice(0, at))}${colour('●')}${dim(graph.slice(at + 1))}`
  const parts = [drawn, colour(`(${mark})`), bold(shortId(block.id)) + saying(block)]
  if (block.wins.length > 0) parts.push(green(`🏆 ${plainList(block.wins)}`))
  if (block.loses.length > 0) parts.push(magenta(`🗲 ${plainList(block.loses)}`))
  if (block.waitsFor) parts.push(yellow(`waits for ${block.waitsFor.map(shortened).join(', ')}`))
  return parts.join(' ')
}

/** The digest in what a block waits for, as long as people need it. */
const shortened = (text: string): string => text.replace(/[0-9a-f]{64}/g, digest => digest.slice(0, 8))

const blockReport = ({ id, parents, information, anchor, origin, waitsFor, wins, loses }: ShownBlock): Report => ({
  id,
  parents: [...parents],
  information,
  anchor,
  origin,
  blocked: waitsFor !== undefined,
  waitsFor,
  wins,
  loses,
})
