import type { Command } from 'commander'
import type { Terminal } from '../commands/terminal.js'
import { addTarget, exitCodesHelp, type TargetOptions } from './document-options.js'
import { exitCodes } from './failure.js'
import { printReport } from './json.js'
import { blocksAt } from './open-blocks.js'
import { withTarget } from './session.js'

const help = `
Copies the blocks and packs that the target lacks from the source, which is only read, and prints their names. Both may be anywhere: a folder, a
pod, a database. Afterwards the target shows what both have. It can be repeated, in any direction, in any order; so can copying with other programs.

Examples:
  melda meld -t file:///home/alice/todolist -s file:///mnt/stick/todolist
  melda meld -t todolist -s solid://alice.example.net/todolist
  cp -r /mnt/stick/todolist/. todolist/                              does the same
${exitCodesHelp([exitCodes.nothing, exitCodes.generation])}`

interface MeldOptions extends TargetOptions {
  readonly source: string
  readonly create: boolean
}

/** `melda meld`. */
export function addMeld(program: Command, terminal: Terminal): void {
  const command = program
    .command('meld')
    .summary('bring what another copy has into a document')
    .description('Bring what another copy of a document has into this one.')
    .requiredOption('-s, --source <place>', 'the other copy: a folder, or a URL')
  addTarget(command)
    .option('--create', 'create the target when it is missing (this is the default)')
    .option('--no-create', 'a missing target is an error')
    .addHelpText('after', help)
    .action((options: MeldOptions) => meld(options, terminal))
}

async function meld(options: MeldOptions, terminal: Terminal): Promise<void> {
  const source = blocksAt(options.source, false, terminal)
  try {
    // A missing source is told before a target is made for it.
    await source.open()
    const copied = await withTarget(options, options.create !== false, terminal, ({ replica }) => replica.meld(source))
    const written = [...copied].sort((a, b) => rank(a) - rank(b))
    if (options.json) await printReport(terminal, { written })
    else await terminal.out(`[${written.map(name => JSON.stringify(name)).join(', ')}]\n`)
  } finally {
    await source.close()
  }
}

/** Packs before the blocks that need them, before what is neither. */
const rank = (name: string): number => (name.endsWith('.pack') ? 0 : name.endsWith('.delta') ? 1 : 2)
