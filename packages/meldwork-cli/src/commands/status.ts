import type { Command } from 'commander'
import type { Clone } from 'meldwork'
import { addDomainOptions, type DomainOptions } from './domain-options.js'
import { withClone } from './session.js'
import { printJson, type Terminal } from './terminal.js'

const help = `
Prints one JSON object: how the clone is doing (online, outdated, peers, ticks, unsent, ...), and under "stats" its sizes and the
digest of its data, which is equal in two clones that have the same. When the others cannot be reached, it is printed
all the same, and the exit code is 1.

Examples:
  meldwork status
  meldwork status --domain board.example --url ws://localhost:7330
  meldwork status --json | jq .stats.digest
  meldwork status --data ./data                                      the folder of a gateway that is stopped`

/** `meldwork status`. */
export function addStatus(program: Command, terminal: Terminal): void {
  const command = program
    .command('status')
    .summary('how a domain is doing: sizes, digest, connection')
    .description('Print how a domain is doing.')
  addDomainOptions(command)
    .addHelpText('after', help)
    .action((options: DomainOptions) => status(options, terminal))
}

async function status(options: DomainOptions, terminal: Terminal): Promise<void> {
  await withClone(options, terminal, async ({ clone, caughtUp }) => {
    try {
      await caughtUp()
    } finally {
      await printJson(terminal, statusReport(clone), options.json)
    }
  })
}

/** What the command prints: JSON, with null for what does not apply. */
export function statusReport(clone: Clone): Record<string, unknown> {
  const { storage, ...value } = clone.status.value
  const error = storage && { code: storage.code, reason: storage.facts.reason, message: storage.message }
  const report = { domain: clone.domain, ...value, storage: error, stats: clone.stats() }
  return Object.fromEntries(Object.entries(report).map(([name, each]) => [name, each ?? null]))
}
