import { setImmediate } from 'node:timers/promises'
import type { Command } from 'commander'
import type { Clone, RDF } from 'meldwork'
import { optionInvalid } from '../errors.js'
import { Census, isSelected } from './census.js'
import { addDomainOptions, type DomainOptions } from './domain-options.js'
import { parse } from './formats.js'
import { type InputFile, inputFile } from './input-file.js'
import { Progress } from './progress.js'
import { withClone } from './session.js'
import { syntaxNames, syntaxOf } from './syntax.js'
import { printJson, type Terminal } from './terminal.js'

/** Quads in one transaction: so many that its cost is nothing beside theirs, and so few that others see it grow. */
const batchSize = 1000

const help = `
Adds the triples of a file to a domain. The whole file is checked first: when something is wrong with it, nothing is taken.
A domain has no named graphs: say which one to take, or '*' for all of them together. Blank nodes get identifiers of their own, new with
each import. Relative IRIs are relative to the domain, and so are the names in JSON-LD without a context. Contexts at an address are not fetched. A JSON-LD
document is held in memory. Lists (rdf:first, rdf:rest, @list) become triples: to write one that can be edited together, use 'meldwork write'.
Prints {"quads", "taken", "inserted", "blankNodes", "triples", "ticks", "sent"}: quads in the file, those taken, triples that the
domain did not have, blank nodes among them, triples of the domain now.

Examples:
  meldwork import people.ttl
  meldwork import schema.nq --graph http://schema.org/ --domain schema.example
  meldwork import all.trig --graph '*'
  meldwork import cards.jsonld
  gunzip -c big.nt.gz | meldwork import - --format ntriples --data ./mine --progress`

interface ImportOptions extends DomainOptions {
  readonly format?: string
  readonly graph?: string
  readonly progress?: true
}

/** How the file is read. */
type Quads = (pieces: AsyncIterable<string | Uint8Array>) => AsyncIterable<RDF.Quad>

/** `meldwork import FILE`. */
export function addImport(program: Command, terminal: Terminal): void {
  const command = program
    .command('import')
    .summary('add the triples of an RDF file to a domain')
    .description('Add the triples of an N-Quads, N-Triples, Turtle, TriG or JSON-LD file to a domain.')
    .argument('<file>', 'the file; - for standard input')
    .option('-f, --format <syntax>', `${syntaxNames.join(', ')} (default: by the file's ending)`)
    .option('-g, --graph <iri>', "the named graph to take; '*' for all, as one")
    .option('--progress', 'say how far it is, when nobody looks too')
  addDomainOptions(command)
    .addHelpText('after', help)
    .action((file: string, options: ImportOptions) => importFile(file, options, terminal))
}

async function importFile(name: string, options: ImportOptions, terminal: Terminal): Promise<void> {
  const { domain, format, graph } = options
  const syntax = syntaxOf(format, name)
  if (syntax === undefined)
    throw optionInvalid('--format', `one of ${syntaxNames.join(', ')}: the name of the file does not tell`)
  const file = await inputFile(name, terminal.input)
  const quads: Quads = pieces => parse(pieces, syntax, domain)
  const progress = new Progress(terminal, options.progress === true)
  const census = await count(file, quads, progress)
  const taken = census.selected(graph)
  const result = await withClone(options, terminal, async ({ clone, caughtUp, delivered }) => {
    await caughtUp()
    const { inserted, blankNodes } = await insertAll(clone, selectedQuads(file, quads, graph), done =>
      progress.show(() => `importing: ${done} of ${taken} quads`),
    )
    const sent = await delivered()
    progress.end(`imported ${taken} quads`)
    const { ticks } = clone.status.value
    return { quads: census.quads, taken, inserted, blankNodes, triples: clone.stats().triples, ticks, sent }
  })
  await printJson(terminal, result, options.json)
}

/** Reads it all, and keeps nothing of it: so that a fault at the end is found before the beginning is taken over. */
async function count(file: InputFile, quads: Quads, progress: Progress): Promise<Census> {
  const census = new Census()
  let bytes = 0
  const counted = async function* () {
    for await (const piece of file.pieces()) {
      bytes += piece.length
      yield piece
    }
  }
  const share = () => {
    const size = file.size()
    return size === undefined ? '' : ` (${Math.floor((100 * bytes) / Math.max(size, 1))} %)`
  }
  for await (const quad of quads(counted())) {
    census.add(quad)
    progress.show(() => `checking: ${census.quads} quads${share()}`)
  }
  return census
}

async function* selectedQuads(file: InputFile, quads: Quads, graph: string | undefined) {
  for await (const quad of quads(file.pieces())) if (isSelected(quad, graph)) yield quad
}

/**
 * Inserts quads, {@link batchSize} in a transaction, each durable before the next but one is made.
 * @returns how many triples were new, and how many blank nodes there were
 */
async function insertAll(
  clone: Clone,
  quads: AsyncIterable<RDF.Quad>,
  report: (done: number) => void,
): Promise<{ inserted: number; blankNodes: number }> {
  const blankNodes = new Map<string, string>()
  let inserted = 0
  let done = 0
  let before: Promise<unknown> = Promise.resolve()
  const insert = async (batch: readonly RDF.Quad[]) => {
    // Applied within the call: what the number of triples grows by is due to this batch alone.
    const had = clone.stats().triples
    const durable = clone.insertQuads(batch, { blankNodes })
    inserted += clone.stats().triples - had
    done += batch.length
    report(done)
    await before
    before = durable
    // The network gets its turn, however fast the disk is.
    await setImmediate()
  }
  let batch: RDF.Quad[] = []
  for await (const quad of quads) {
    if (batch.push(quad) < batchSize) continue
    await insert(batch)
    batch = []
  }
  if (batch.length > 0) await insert(batch)
  await before
  return { inserted, blankNodes: blankNodes.size }
}
