import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** The built command: `npm run build` makes it. */
const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))

/** How a process ended, and all that it said. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

/** A process under test. It does not outlive the test. */
export class Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  private readonly lines: string[] = []
  private readonly listeners: ((line: string) => void)[] = []
  private readonly waiting = new Set<() => void>()
  private out = ''
  private err = ''
  private over = false

  constructor(script: string, args: readonly string[], options: { input?: string; env?: NodeJS.ProcessEnv } = {}) {
    const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1', MELDWORK_TOKEN: '', PORT: '', ...options.env }
    for (const [name, value] of Object.entries(env)) if (value === '') delete env[name]
    this.child = spawn(process.execPath, [script, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] })
    const { stdin, stdout, stderr } = this.child
    stdin!.on('error', () => {})
    if (options.input !== undefined) stdin!.end(options.input)
    stdout!.setEncoding('utf8').on('data', data => {
      this.out += data
    })
    stderr!.setEncoding('utf8').on('data', data => {
      this.err += data
    })
    for (const stream of [stdout!, stderr!])
      createInterface(stream).on('line', line => {
        this.lines.push(line)
        for (const listener of this.listeners) listener(line)
        for (const wake of this.waiting) wake()
      })
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      this.over = true
      for (const wake of this.waiting) wake()
      return { code, signal, out: this.out, err: this.err }
    })
    onTestFinished(() => {
      this.child.kill('SIGKILL')
    })
  }

  /** Calls `listener` with each line from now on. */
  onLine(listener: (line: string) => void): void {
    this.listeners.push(listener)
  }

  /** Waits for a line, on either stream, that has not been waited for before. @returns the match */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      for (let next = this.lines.shift(); next !== undefined; next = this.lines.shift()) {
        const match = pattern.exec(next)
        if (match) return match
      }
      if (this.over) throw new Error(`It ended without a line ${pattern}:\n${this.out}${this.err}`)
      await new Promise<void>(resolve => {
        const wake = () => {
          this.waiting.delete(wake)
          resolve()
        }
        this.waiting.add(wake)
      })
    }
  }

  /** Sends a signal, and waits for the end. */
  kill(signal: NodeJS.Signals): Promise<Ended> {
    this.child.kill(signal)
    return this.ended
  }
}

/** Starts a `meldwork` command. */
export function start(args: readonly string[], options?: { input?: string; env?: NodeJS.ProcessEnv }): Running {
  return new Running(main, args, options)
}

/** Runs a `meldwork` command to its end. */
export function meldwork(args: readonly string[], options?: { input?: string; env?: NodeJS.ProcessEnv }) {
  return start(args, { input: '', ...options }).ended
}

/** A gateway in a process of its own. */
export async function serve(...args: string[]): Promise<{ gateway: Running; port: number; url: string }> {
  const gateway = start(['serve', ...args])
  const [, port] = await gateway.line(/^listening on http:\/\/localhost:(\d+)$/)
  return { gateway, port: Number(port), url: `ws://localhost:${port}` }
}

/** An empty folder, until the test has finished. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'meldwork-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** Looks again and again until `look` gives something. */
export async function eventually<Found>(look: () => Promise<Found | undefined> | Found | undefined): Promise<Found> {
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
