import type { Terminal } from '../src/commands/terminal.js'
import { run } from '../src/program.js'

/** Runs a command line in this process. */
export async function ran(...argv: string[]) {
  return ranWith('', ...argv)
}

/** The same, with a standard input. */
export async function ranWith(input: string, ...argv: string[]) {
  let [out, err] = ['', '']
  const terminal: Terminal = {
    input: (async function* () {
      yield input
    })(),
    outIsShown: false,
    errIsShown: false,
    out: async text => {
      out += text
    },
    err: text => {
      err += text
    },
  }
  const code = await run(argv, terminal)
  return { code, out, err }
}
