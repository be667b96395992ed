import type { Command } from 'commander'
import { CodedError } from 'meldwork'
import { type MigrateOptions, type MigrationReport, migrate } from 'meldwork/document'
import { note, type Terminal, warn } from '../commands/terminal.js'
import { waitsFor } from './check.js'
import { addGeneration, exitCodesHelp } from './document-options.js'
import { exitCodes } from './failure.js'
import { printReport, type Report } from './json.js'
import { blocksAt } from './open-blocks.js'
import { plainList, plainText } from './plain-text.js'

const help = `
Writes a document, with its history and its conflicts, into an empty place, in another generation of Melda's formats: D is that of its newest tools, B that of
the tools on crates.io. All generations are read: A and C, too. What was written is read again and compared; the source is only read. Copies that are migrated
apart can be melded afterwards.

Examples:
  melda migrate -s todolist -t todolist-new
  melda migrate -s todolist -t sqlite://todolist.db
  melda migrate -s todolist -t for-old-tools --generation B
${exitCodesHelp([exitCodes.nothing, exitCodes.found])}`

interface MigrateCommandOptions extends MigrateOptions {
  readonly source: string
  readonly target: string
  readonly json?: true
}

/** `melda migrate`. */
export function addMigrate(program: Command, terminal: Terminal): void {
  const command = program
    .command('migrate')
    .summary('write a document in another generation of the formats')
    .description('Write a document, with its history, in another generation of the formats.')
    .requiredOption('-s, --source <place>', 'the document: a folder, or a URL')
    .requiredOption('-t, --target <place>', 'an empty place, or one that is not there yet')
  addGeneration(command)
    .option('--json', 'one line of JSON, for programs')
    .option('--json-errors', 'errors as one line of JSON, on standard error')
    .addHelpText('after', help)
    .action((options: MigrateCommandOptions) => migrateCommand(options, terminal))
}

async function migrateCommand(options: MigrateCommandOptions, terminal: Terminal): Promise<void> {
  const [source, target] = [blocksAt(options.source, false, terminal), blocksAt(options.target, true, terminal)]
  try {
    const { generation } = options
    const report = await migrate(source, target, generation ? { generation } : {})
    if (options.json) await printReport(terminal, migrationReport(report))
    else await terminal.out(`${target.location}: ${blocks(report)} of generation ${report.to}, from ${report.from}\n`)
    tell(report, terminal)
    const { length: damaged } = report.damaged
    const { length: blocked } = report.blocked
    if (damaged + blocked === 0) return
    const { location } = source
    const message = `Not all of ${location} was there to be migrated: melda check tells what is missing`
    throw new CodedError('document-incomplete', message, { location, damaged, blocked, missing: 0, strays: 0 })
  } finally {
    await source.close()
    await target.close()
  }
}

const blocks = ({ blocks: { length } }: MigrationReport): string => `${length} block${length === 1 ? '' : 's'}`

/** What is not as it was, and what stays behind. */
function tell({ added, raised, settled, blocked, damaged, companions }: MigrationReport, terminal: Terminal): void {
  if (added !== undefined)
    note(terminal, `${added} was added, so that readers see what they saw: ${plainList([...raised, ...settled])}`)
  for (const block of blocked) warn(terminal, `${block.id} stays behind: it waits for ${waitsFor(block).join(', ')}`)
  for (const { name, message } of damaged) warn(terminal, `${name} stays behind: ${plainText(message)}`)
  if (companions.length > 0) warn(terminal, `they are of the old blocks, and stay behind: ${plainList(companions)}`)
}

const migrationReport = (report: MigrationReport): Report => ({
  ...report,
  blocks: report.blocks.map(({ from, to }) => ({ from, to })),
  blocked: report.blocked.map(({ id, blocks, packs, values }) => ({ id, blocks, packs, values })),
  damaged: report.damaged.map(({ name, reason, message }) => ({ name, reason, message })),
})
