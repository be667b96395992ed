import { once } from 'node:events'
import picocolors from 'picocolors'
import { formatJson } from '../json.js'

/** Where a command reads and writes: results to `out`, all that is said beside them to `err`. */
export interface Terminal {
  readonly input: AsyncIterable<string | Uint8Array>
  /** Whether `out` and `err` are shown to a person as they come. */
  readonly outIsShown: boolean
  readonly errIsShown: boolean
  /** Writes a part of the result. Resolves when there is room for more. */
  out(text: string): Promise<void>
  err(text: string): void
}

/** The streams of this process. A reader of the output that has seen enough ends the process quietly. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process
  stdout.on('error', error => {
    process.exit((error as { code?: unknown }).code === 'EPIPE' ? 0 : 1)
  })
  stderr.on('error', () => {})
  return {
    input: stdin,
    outIsShown: stdout.isTTY === true,
    errIsShown: stderr.isTTY === true,
    out: async text => {
      if (!stdout.write(text)) await once(stdout, 'drain')
    },
    err: text => {
      stderr.write(text)
    },
  }
}

/** Prints one JSON document: over several lines for a person, on one line for a program. */
export function printJson(terminal: Terminal, value: unknown, json = false): Promise<void> {
  return terminal.out(`${formatJson(value, terminal.outIsShown && !json ? 2 : 0)}\n`)
}

export type Colours = ReturnType<typeof picocolors.createColors>

/** Colours for what goes to `err`: none unless it is shown to a person who has not declined them. */
export function coloursOf(terminal: Terminal): Colours {
  return picocolors.createColors(terminal.errIsShown && !process.env.NO_COLOR)
}

/** The same for what goes to `out`. */
export function outColoursOf(terminal: Terminal): Colours {
  return picocolors.createColors(terminal.outIsShown && !process.env.NO_COLOR)
}

/** Says something in passing. */
export function note(terminal: Terminal, text: string): void {
  terminal.err(`${coloursOf(terminal).dim(text)}\n`)
}

/** Says something that should be heeded. */
export function warn(terminal: Terminal, text: string): void {
  terminal.err(`${coloursOf(terminal).yellow('warning:')} ${text}\n`)
}
