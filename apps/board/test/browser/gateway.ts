import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const at = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url))
const command = at('packages/meldwork-cli/dist/main.js')

/** The gateway, as a process of its own, with a folder of its own: can be stopped, and started again at the same port. */
export class GatewayProcess {
  private readonly folder = mkdtempSync(join(tmpdir(), 'board-gateway-'))
  private readonly options: readonly string[]
  private process: ReturnType<typeof spawn> | undefined
  port = 0

  /** @param options more of them for `serve` */
  constructor(options: readonly string[] = []) {
    this.options = options
    for (const built of [command, at('packages/meldwork-cli/page/index.html')])
      if (!existsSync(built)) throw new Error(`${built} is not built: npm run build`)
  }

  async start(): Promise<void> {
    const args = [command, 'serve', '--port', String(this.port), '--data', this.folder, ...this.options]
    const started = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.process = started
    let errors = ''
    started.stderr.on('data', data => {
      errors += data
    })
    for await (const line of createInterface({ input: started.stdout })) {
      const found = /^listening on (.*)$/.exec(line)
      if (found === null) continue
      this.port = Number(new URL(found[1]).port)
      return
    }
    throw new Error(`The gateway has not started: ${errors}`)
  }

  /** Runs another command to its end. */
  command(...args: string[]): Promise<{ out: string }> {
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [command, ...args], (error, out) => (error ? reject(error) : resolve({ out })))
    })
  }

  async stop(): Promise<void> {
    const stopping = this.process
    this.process = undefined
    if (stopping === undefined || stopping.exitCode !== null) return
    const stopped = once(stopping, 'exit')
    stopping.kill('SIGTERM')
    await stopped
  }

  async remove(): Promise<void> {
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
