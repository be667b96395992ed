import type { Terminal } from './terminal.js'

/** Shows how far a long work has come: on one line that is rewritten for a person, on a line of its own now and then for a file. */
export class Progress {
  private readonly terminal: Terminal
  private readonly wanted: boolean
  private shownMs: number
  private shownLength = 0

  /** @param wanted also when no person looks */
  constructor(terminal: Terminal, wanted: boolean) {
    this.terminal = terminal
    this.wanted = wanted || terminal.errIsShown
    this.shownMs = Date.now()
  }

  /** Shows it, unless something was shown just now. */
  show(what: () => string): void {
    const { errIsShown } = this.terminal
    if (!this.wanted || Date.now() - this.shownMs < (errIsShown ? 100 : 2000)) return
    this.write(what())
  }

  /** Leaves a last word. */
  end(what: string): void {
    if (!this.wanted) return
    this.write(what)
    if (this.terminal.errIsShown) this.terminal.err('\n')
    this.shownLength = 0
  }

  /** Leaves nothing on the line, for another word to come. */
  clear(): void {
    if (this.shownLength > 0 && this.terminal.errIsShown) this.terminal.err(`\r${' '.repeat(this.shownLength)}\r`)
    this.shownLength = 0
  }

  private write(text: string): void {
    this.shownMs = Date.now()
    // Spaces cover what the line before had more.
    this.terminal.err(this.terminal.errIsShown ? `\r${text.padEnd(this.shownLength)}` : `${text}\n`)
    this.shownLength = text.length
  }
}
