import { type Command, Option } from 'commander'
import { formatJson } from '../json.js'
import { readCount } from './arguments.js'
import { addDomainOptions, type DomainOptions } from './domain-options.js'
import { type Session, withClone } from './session.js'
import { note, type Terminal } from './terminal.js'

const help = `
Prints each change of the domain as one line of JSON: {"@delete", "@insert", "@update", "@ticks"}, until it is interrupted.
With --data, also what changed while nobody looked; without, from now on. When the connection is lost, it goes on by itself as soon as
it can, and then prints what it missed.

Examples:
  meldwork follow
  meldwork follow --domain board.example --url ws://localhost:7330
  meldwork follow --count 1                                          ends after the first change
  meldwork follow --data ./mine --url ws://localhost:7330`

interface FollowOptions extends DomainOptions {
  readonly count?: number
}

/** `meldwork follow`. */
export function addFollow(program: Command, terminal: Terminal): void {
  const command = program
    .command('follow')
    .summary('print each change, as it comes')
    .description('Print each change of a domain as one line of JSON, as it comes.')
    .addOption(new Option('--count <number>', 'end after so many changes').argParser(readCount))
  addDomainOptions(command)
    .addHelpText('after', help)
    .action((options: FollowOptions) => follow(options, terminal))
}

async function follow(options: FollowOptions, terminal: Terminal): Promise<void> {
  await withClone(options, terminal, async session => {
    const { clone, durable, caughtUp } = session
    // What a clone in memory learns at first is old: only one that remembers what it had can tell the difference.
    if (!durable) await caughtUp()
    const updates = clone.follow()
    const stop = () => void updates.return?.()
    process.once('SIGINT', stop).once('SIGTERM', stop)
    const stopTelling = tellConnection(session, terminal)
    note(terminal, `following ${clone.domain}`)
    let left = options.count ?? Number.POSITIVE_INFINITY
    try {
      for await (const update of updates) {
        await terminal.out(`${formatJson(update)}\n`)
        if (--left === 0) break
      }
    } finally {
      process.off('SIGINT', stop).off('SIGTERM', stop)
      stopTelling()
    }
  })
}

/** Says when the connection comes and goes. */
function tellConnection({ clone, url }: Session, terminal: Terminal): () => void {
  let before = clone.status.value.connection
  return clone.status.follow(({ connection, reason }) => {
    if (connection === before || connection === 'connecting') return
    before = connection
    note(terminal, connection === 'online' ? `online at ${url}` : `${connection}${reason ? `: ${reason}` : ''}`)
  })
}
