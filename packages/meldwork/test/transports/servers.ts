/** Servers of other makers, as Debian has them: started on free ports of this machine, and ended with the test process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, test } from 'vitest'

/** Where a program is; undefined when it is not installed. */
export function programOf(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/bin']
  return folders.map(folder => join(folder, name)).find(isExecutable)
}

/** Like `describe`, for tests that need a program: skipped where it is missing, and failed with CI=true, where nothing may be missing. */
export function describeWith(program: string, title: string, register: (path: string) => void): void {
  const path = programOf(program)
  if (path !== undefined) describe(title, () => register(path))
  else if (process.env.CI === 'true') {
    test(title, () => {
      throw new Error(`${program} is not installed: .ci/run does that`)
    })
  } else describe.skip(`${title} (${program} is not installed)`, () => test('is skipped', () => {}))
}

/** A running server. */
export class Server {
  readonly port: number
  /** Of its own, empty at the beginning. */
  readonly folder: string
  /** The last it has said. */
  output = ''
  private readonly command: readonly string[]
  private child: ChildProcess | undefined

  private constructor(port: number, folder: string, command: readonly string[]) {
    this.port = port
    this.folder = folder
    this.command = command
  }

  /** @param command given the port and a folder; a configuration file may be written into it before */
  static async start(path: string, command: (port: number, folder: string) => readonly string[]): Promise<Server> {
    // A port that is free may be taken by another test before the server comes to it: then it ends at once.
    for (let attempt = 1; ; attempt++) {
      const folder = mkdtempSync(join(tmpdir(), 'server-test-'))
      const port = await freePort()
      const server = new Server(port, folder, [path, ...command(port, folder)])
      try {
        await server.start()
        return server
      } catch (error) {
        await server.close()
        if (attempt === 3) throw error
      }
    }
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    const [path, ...args] = this.command
    const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: this.folder })
    this.child = child
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', data => {
        this.output = (this.output + data).slice(-4000)
      })
    process.on('exit', this.kill)
    const deadlineMs = performance.now() + 15_000
    while (!(await accepts(this.port))) {
      if (child.exitCode !== null || performance.now() > deadlineMs)
        throw new Error(`${path} does not come up: ${this.output}`)
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }

  /** Ends it, in order or at once. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const { child } = this
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
    process.off('exit', this.kill)
  }

  async restart(signal?: NodeJS.Signals): Promise<void> {
    await this.stop(signal)
    await this.start()
  }

  /** Ends it for good. */
  async close(): Promise<void> {
    await this.stop('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }

  private readonly kill = () => void this.child?.kill('SIGKILL')
}

/** A port that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
