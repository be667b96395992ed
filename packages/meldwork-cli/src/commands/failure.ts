import { CommanderError } from 'commander'
import type { ErrorCode } from 'meldwork'
import { coloursOf, type Terminal } from './terminal.js'

/** What the process exits with. */
export const exitCodes = { ok: 0, error: 1, usage: 2 } as const

/** Codes of errors in the command line itself. */
const usageCodes: ReadonlySet<string> = new Set<ErrorCode>(['option-invalid', 'domain-invalid', 'input-malformed'])

/** An error as it is told: `code` is `usage` for a command line that is not understood, `unexpected` for a defect. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly facts: Readonly<Record<string, unknown>>
  readonly exitCode: number
}

/** What to tell of an error; undefined when it is only commander's way to end, after the help. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return undefined
    const message = error.message.replace(/^error: /, '')
    const shown = error.code === 'commander.help' ? 'which command?' : message
    return { code: 'usage', message: shown, facts: {}, exitCode: exitCodes.usage }
  }
  const { code, message, facts } = error as { code?: unknown; message?: unknown; facts?: Record<string, unknown> }
  if (typeof code === 'string' && typeof facts === 'object') {
    const exitCode = usageCodes.has(code) ? exitCodes.usage : exitCodes.error
    return { code, message: String(message), facts, exitCode }
  }
  const told = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { code: 'unexpected', message: told, facts: {}, exitCode: exitCodes.error }
}

/**
 * Tells of a failure: `code: message`, and below it those facts that the message does not contain; or, for programs, all
 * of it as one line of JSON.
 */
export function tell(terminal: Terminal, { code, message, facts }: Failure, json: boolean): void {
  if (json) {
    terminal.err(`${JSON.stringify({ code, message, facts })}\n`)
    return
  }
  const colours = coloursOf(terminal)
  terminal.err(`${colours.red(`${code}:`)} ${message}\n`)
  for (const [name, fact] of Object.entries(facts)) {
    const text = typeof fact === 'string' ? fact : JSON.stringify(fact)
    if (!message.includes(text)) terminal.err(`  ${colours.dim(`${name}:`)} ${text}\n`)
  }
}
