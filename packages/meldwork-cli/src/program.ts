import type { Command } from 'commander'
import { commandOf } from './commands/command.js'
import { addConflicts } from './commands/conflicts.js'
import { addDeclare } from './commands/declare.js'
import { addExport } from './commands/export.js'
import { exitCodes, failureOf, tell } from './commands/failure.js'
import { addFollow } from './commands/follow.js'
import { addImport } from './commands/import.js'
import { addRead } from './commands/read.js'
import { addRepair } from './commands/repair.js'
import { addResolve } from './commands/resolve.js'
import { addRules } from './commands/rules.js'
import { addServe } from './commands/serve.js'
import { addStatus } from './commands/status.js'
import type { Terminal } from './commands/terminal.js'
import { addWrite } from './commands/write.js'

const introduction = `Live shared data without a central database: serve domains, and read, write and follow them.

A clone of a domain is a copy that goes on working alone, and converges with all others. A command opens one, in memory or in a folder
(--data), lets it join the others over a relay (--url), and closes it again.`

const conclusion = `
Begin with:
  meldwork serve                                                     then open http://localhost:7330
  meldwork follow                                                    in another terminal
  meldwork write '{"@id": "fred", "name": "Fred"}'                   in a third one
  meldwork help write                                                more on a command, with examples

Results are JSON on standard output, all else goes to standard error.
Exit codes: 0 done; 1 it did not work; 2 the command line is not understood. Errors begin with a stable code.`

/** The command with all of its subcommands. */
export function createProgram(terminal: Terminal): Command {
  const program = commandOf('meldwork', introduction, conclusion, terminal)
  addServe(program, terminal)
  addWrite(program, terminal)
  addRead(program, terminal)
  addFollow(program, terminal)
  addStatus(program, terminal)
  addConflicts(program, terminal)
  addResolve(program, terminal)
  addRules(program, terminal)
  addDeclare(program, terminal)
  addImport(program, terminal)
  addExport(program, terminal)
  addRepair(program, terminal)
  return program
}

/**
 * Runs one command line.
 * @param argv without the interpreter and the script
 * @returns what the process should exit with
 */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(argv, { from: 'user' })
    return exitCodes.ok
  } catch (error) {
    const failure = failureOf(error)
    if (failure === undefined) return exitCodes.ok
    tell(terminal, failure, argv.includes('--json-errors'))
    return failure.exitCode
  }
}
