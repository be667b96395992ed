import { Command } from 'commander'
import { version } from '../version.js'
import type { Terminal } from './terminal.js'

/**
 * A command without its subcommands: with its help, and speaking to a terminal only.
 * @param introduction what the help begins with
 * @param conclusion what it ends with
 */
export const commandOf = (name: string, introduction: string, conclusion: string, terminal: Terminal): Command =>
  new Command(name)
    .description(introduction)
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain, with examples')
    .helpCommand('help [command]', 'explain a command')
    .addHelpText('after', conclusion)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: text => void terminal.out(text),
      writeErr: text => terminal.err(text),
      // Told with all other failures, in one form.
      outputError: () => {},
    })
