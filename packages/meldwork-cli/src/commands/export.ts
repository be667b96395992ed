import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import type { Command } from 'commander'
import { CodedError, type RDF } from 'meldwork'
import { optionInvalid, systemReason } from '../errors.js'
import { addDomainOptions, type DomainOptions } from './domain-options.js'
import { serialize } from './formats.js'
import { Progress } from './progress.js'
import { withClone } from './session.js'
import { syntaxNames, syntaxOf } from './syntax.js'
import { note, type Terminal } from './terminal.js'

const help = `
Writes all triples of a domain, by the ending of the file's name or --format: N-Quads unless something else is said.
A file appears whole, or not at all. The order of the triples means nothing.

Examples:
  meldwork export > board.nq
  meldwork export board.ttl --domain board.example --url ws://localhost:7330
  meldwork export --format turtle
  meldwork export board.jsonld --progress
  meldwork export backup.nq --live                                   with the losers of conflicts
  meldwork export backup.nq --data ./data                            the folder of a gateway that is stopped`

interface ExportOptions extends DomainOptions {
  readonly format?: string
  readonly live?: true
  readonly progress?: true
}

/** `meldwork export [FILE]`. */
export function addExport(program: Command, terminal: Terminal): void {
  const command = program
    .command('export')
    .summary('write all triples of a domain as an RDF file')
    .description('Write all triples of a domain as N-Quads, N-Triples, Turtle, TriG or JSON-LD.')
    .argument('[file]', 'the file; without it, or for -, standard output')
    .option('-f, --format <syntax>', `${syntaxNames.join(', ')} (default: by the file's ending, else nquads)`)
    .option('--live', 'also what rules hide, and nothing that they have added')
    .option('--progress', 'say how far it is, when nobody looks too')
  addDomainOptions(command)
    .addHelpText('after', help)
    .action((file: string | undefined, options: ExportOptions) => exportFile(file, options, terminal))
}

async function exportFile(file: string | undefined, options: ExportOptions, terminal: Terminal): Promise<void> {
  const toOutput = file === undefined || file === '-'
  const syntax = syntaxOf(options.format, file) ?? (toOutput ? 'application/n-quads' : undefined)
  if (syntax === undefined)
    throw optionInvalid('--format', `one of ${syntaxNames.join(', ')}: the name of the file does not tell`)
  await withClone(options, terminal, async ({ clone, caughtUp }) => {
    await caughtUp()
    // What others write meanwhile does not come into it.
    const quads = options.live ? clone.liveQuads() : clone.match()
    const progress = new Progress(terminal, options.progress === true)
    const counted = reported(quads, done => progress.show(() => `exporting: ${done} of ${quads.size} triples`))
    const pieces = serialize(counted, syntax, clone.domain)
    if (toOutput) for await (const piece of pieces) await terminal.out(piece)
    else await writeWhole(file, pieces)
    progress.clear()
    note(terminal, `exported ${quads.size} triples`)
  })
}

function* reported(quads: Iterable<RDF.Quad>, report: (done: number) => void): Iterable<RDF.Quad> {
  let done = 0
  for (const quad of quads) {
    yield quad
    report(++done)
  }
}

/** Writes beside the file, and puts it in its place when all of it is there. @throws CodedError `file-unwritable` */
async function writeWhole(file: string, pieces: AsyncIterable<string>): Promise<void> {
  const beside = `${file}.${randomBytes(4).toString('hex')}.part`
  try {
    const handle = await open(beside, 'wx')
    try {
      for await (const piece of pieces) await handle.write(piece)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(beside, file)
  } catch (error) {
    await rm(beside, { force: true })
    const reason = systemReason(error)
    throw new CodedError('file-unwritable', `Cannot write ${file}: ${reason}`, { file, reason }, error)
  }
}
