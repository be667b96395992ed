import { type Command, Option } from 'commander'
import { defaultDomain, defaultPort } from '../gateway/options.js'
import { readSeconds } from './arguments.js'

/** Where commands look for a relay when they are given neither `--url` nor `--data`. */
export const defaultUrl = `ws://localhost:${defaultPort}`

/** The options of every command that opens a clone. */
export interface DomainOptions {
  readonly domain: string
  readonly url?: string
  readonly data?: string
  readonly token?: string
  readonly genesis?: true
  /** The file with the rules of the app. */
  readonly constraints?: string
  /** In milliseconds. */
  readonly timeout: number
  readonly json?: true
}

/** Adds them to a command. @param optional whether the command can do without being told the domain */
export function addDomainOptions(command: Command, { optional = false } = {}): Command {
  const what = 'the domain: a name like a host name'
  return (
    optional
      ? command.option('-d, --domain <domain>', what)
      : command.option('-d, --domain <domain>', what, defaultDomain)
  )
    .option('-u, --url <url>', `a relay: ws:// or wss:// (default, without --data: "${defaultUrl}")`)
    .option('--data <folder>', 'keep a clone in this folder; without it, one in memory joins the others each time')
    .addOption(
      new Option('--token <secret>', 'what the relay asks for; better in the environment').env('MELDWORK_TOKEN'),
    )
    .option(
      '--constraints <file>',
      "the rules that the app of this domain has: JSON (default: the board's, for its domain)",
    )
    .option('--genesis', 'this is the first clone of a new domain: do not wait for others')
    .addOption(
      new Option('--timeout <seconds>', 'how long to wait for the relay and the others without any progress')
        .argParser(readSeconds)
        .default(10_000, '10'),
    )
    .option('--json', 'JSON on one line, on a terminal too')
    .option('--json-errors', 'errors as one line of JSON, on standard error')
}
