import type { Command } from 'commander'
import type { Clone, Conflict, ConflictFilter } from 'meldwork'
import { formatJson } from '../json.js'
import { addDomainOptions, type DomainOptions } from './domain-options.js'
import { conflictsText } from './rule-text.js'
import { type Session, withClone } from './session.js'
import { note, type Terminal } from './terminal.js'

const help = `
Rules show what complies with them; whatever was written beside it stays, and is listed here: where, which rule chose, and each value with
whether it is shown, when it was written and the replica id of the clone that wrote it, the latest first.
The rules are those of the domain's data and those of the app, given as --constraints: without them nothing that these hide is a conflict.
For people it is text, for programs (into a pipe, or with --json) an array: {"subject", "property", "constraint", "winners", "candidates":
[{"value", "visible", "timeMs", "replica"}], "hidesSubject"}. With --follow it is printed anew after each change, an array on a line each.

Examples:
  meldwork conflicts
  meldwork conflicts --subject card-1 --property title
  meldwork conflicts --constraint unique --json
  meldwork conflicts --constraints app-rules.json --data ./mine      with the rules of an app
  meldwork conflicts --follow
  meldwork conflicts --report                                        what rules that only report find
  meldwork resolve card-1 title "Black tea"                          settles one`

interface ConflictsOptions extends DomainOptions, ConflictFilter {
  readonly follow?: true
  readonly report?: true
}

/** `meldwork conflicts`. */
export function addConflicts(program: Command, terminal: Terminal): void {
  const command = program
    .command('conflicts')
    .summary('list what rules hide, and which value they chose')
    .description('List what rules hide, and which value they chose.')
    .option('--subject <id>', 'only those of this subject')
    .option('--property <name>', 'only those of this property')
    .option('--constraint <type>', 'only those of rules of this type, such as single-valued')
    .option('--follow', 'print them anew whenever they change, until it is interrupted')
    .option('--report', 'what rules with reportOnly find wrong, instead of what the others hide')
  addDomainOptions(command)
    .addHelpText('after', help)
    .action((options: ConflictsOptions) => conflicts(options, terminal))
}

async function conflicts(options: ConflictsOptions, terminal: Terminal): Promise<void> {
  const { subject, property, constraint, follow, report } = options
  const filter: ConflictFilter = {
    ...(subject !== undefined && { subject }),
    ...(property !== undefined && { property }),
    ...(constraint !== undefined && { constraint }),
  }
  await withClone(options, terminal, async session => {
    await session.caughtUp()
    const { clone } = session
    if (follow === true) await followConflicts(session, filter, options, terminal)
    else await print(report === true ? reported(clone, filter) : clone.conflicts(filter), options, terminal)
  })
}

/** Prints them now and after each change, until the process is told to stop. */
async function followConflicts(
  { clone }: Session,
  filter: ConflictFilter,
  options: DomainOptions,
  terminal: Terminal,
): Promise<void> {
  let stop = () => {}
  const stopped = new Promise<void>(resolve => {
    stop = resolve
  })
  process.once('SIGINT', stop).once('SIGTERM', stop)
  let printed: Promise<void> = Promise.resolve()
  let before: string | undefined
  const unwatch = clone.watchConflicts(found => {
    // Others than those asked for may have changed.
    const now = formatJson(found)
    if (now === before) return
    before = now
    printed = printed.then(() => print(found, options, terminal))
  }, filter)
  note(terminal, `following the conflicts of ${clone.domain}`)
  try {
    await stopped
  } finally {
    unwatch()
    process.off('SIGINT', stop).off('SIGTERM', stop)
    await printed
  }
}

function reported(clone: Clone, { subject, property, constraint }: ConflictFilter): Conflict[] {
  const isAsked = (asked: string | undefined, found: string) => asked === undefined || asked === found
  return clone
    .report()
    .filter(
      found =>
        isAsked(subject, found.subject) &&
        isAsked(property, found.property) &&
        isAsked(constraint, found.constraint['@type']),
    )
}

function print(found: readonly Conflict[], { json }: DomainOptions, terminal: Terminal): Promise<void> {
  return terminal.out(terminal.outIsShown && json !== true ? conflictsText(found) : `${formatJson(found)}\n`)
}
