import type { Command } from 'commander'
import { canonicalJson, type LogEntry } from 'meldwork/document'
import type { Terminal } from '../commands/terminal.js'
import { addSource, exitCodesHelp, type SourceOptions } from './document-options.js'
import { exitCodes } from './failure.js'
import { printReport } from './json.js'
import { withSource } from './session.js'

const help = `
Prints the blocks that count, the newest first: (A) marks those that no block follows, (O) those that follow none. Blocks that wait for something that is
missing are not among them: melda check lists these. melda show draws the same.

Examples:
  melda log -s file:///home/alice/todolist
  melda log -s todolist -b 2-ff474331                               that one, and what it follows
  melda log -s todolist --json | jq -r '.[].id'
${exitCodesHelp([exitCodes.unknown, exitCodes.nothing])}`

/** `melda log`. */
export function addLog(program: Command, terminal: Terminal): void {
  const command = program.command('log').summary('list the blocks').description('List the blocks of a document.')
  addSource(command)
    .addHelpText('after', help)
    .action((options: SourceOptions) => log(options, terminal))
}

async function log(options: SourceOptions, terminal: Terminal): Promise<void> {
  const entries = await withSource(options, terminal, ({ replica }) => replica.log())
  if (options.json) await printReport(terminal, entries.map(reportOf))
  else for (const entry of entries) await terminal.out(logText(entry))
}

const reportOf = ({ id, anchor, origin, parents, packs, information }: LogEntry) => ({
  id,
  anchor,
  origin,
  parents: [...parents],
  packs: [...packs],
  information,
})

/** A block as Melda's own tools list it. */
function logText({ id, anchor, origin, parents, packs, information }: LogEntry): string {
  const mark = anchor ? 'A' : origin ? 'O' : '-'
  const lines = [`(${mark}) Block: ${id}`]
  if (information) lines.push(`\t\tInformation: ${canonicalJson(information)}`)
  if (packs.length > 0) lines.push(`\t\tPacks: ${setText(packs)}`)
  if (parents.length > 0) lines.push(`\t\tParents: ${setText(parents)}`)
  return `${lines.join('\n')}\n`
}

const setText = (names: readonly string[]): string => `{${names.map(name => JSON.stringify(name)).join(', ')}}`
