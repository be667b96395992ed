import type { Command } from 'commander'
import { commandOf } from '../commands/command.js'
import type { Terminal } from '../commands/terminal.js'
import { addCheck } from './check.js'
import { addConflicts } from './conflicts.js'
import { addDiff } from './diff.js'
import { exitCodes, meldaFailureOf, tellMelda } from './failure.js'
import { addHistory } from './history.js'
import { addInit } from './init.js'
import { addLog } from './log.js'
import { addMeld } from './meld.js'
import { addMigrate } from './migrate.js'
import { addRead } from './read.js'
import { addResolve } from './resolve.js'
import { addShow } from './show.js'
import { addUpdate } from './update.js'
import { addValue } from './value.js'
import { addWatch } from './watch.js'

const introduction = `JSON documents kept as files that anything can carry: change copies apart, bring them together at any time, without a server.

A document is a folder of small files that never change. Copies of the folder are melded by copying files: with melda meld, cp, a stick, a sync program,
git. What Melda's own tools wrote is read, and what this command writes can be read by them.`

const conclusion = `
Begin with:
  melda update -a Alice -d "First commit" -j v1.json -t todolist    makes a document
  melda read -s todolist                                            shows it
  cp -r todolist /mnt/stick/todolist                                is a copy for Bob
  melda meld -t todolist -s /mnt/stick/todolist                     brings in what Bob did
  melda help update                                                 more on a command, with examples

Places are folders (todolist, ./todolist, file:///home/alice/todolist), with compressed files (file+flate://, file+brotli://), SQLite files
(sqlite://), Solid pods and WebDAV servers (solid://host/folder, https://host/folder), or nowhere (memory://). The environment has what servers ask for:
MELDA_SOLID_TOKEN, a bearer token; or MELDA_SOLID_USERNAME and MELDA_SOLID_PASSWORD (HTTP Basic).

Results go to standard output, all else to standard error. Exit codes: 0 done; 1 it did not work; 2 the command line is not understood; 3 no such
object, revision or block; 4 no document there; 5 what was given is no document; 6 the place cannot be read or written; 7 the generation of the
folder does not allow it; 8 something is damaged or missing (check).`

/** The command with all of its subcommands. */
export function createMelda(terminal: Terminal): Command {
  const program = commandOf('melda', introduction, conclusion, terminal).showHelpAfterError()
  addUpdate(program, terminal)
  addRead(program, terminal)
  addMeld(program, terminal)
  addLog(program, terminal)
  addConflicts(program, terminal)
  addResolve(program, terminal)
  addHistory(program, terminal)
  addValue(program, terminal)
  addDiff(program, terminal)
  addShow(program, terminal)
  addWatch(program, terminal)
  addCheck(program, terminal)
  addInit(program, terminal)
  addMigrate(program, terminal)
  return program
}

/**
 * Runs one command line.
 * @param argv without the interpreter and the script
 * @returns what the process should exit with
 */
export async function runMelda(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createMelda(terminal).parseAsync(argv, { from: 'user' })
    return exitCodes.done
  } catch (error) {
    const failure = meldaFailureOf(error)
    if (failure === undefined) return exitCodes.done
    tellMelda(terminal, failure, argv.includes('--json-errors'))
    return failure.exitCode
  }
}
