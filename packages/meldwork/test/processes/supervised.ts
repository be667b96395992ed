import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Wire } from '../transports/relay-server.js'

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** How a member says that it is doing. */
export interface MemberStatus {
  readonly digest: string
  readonly triples: number
  readonly online: boolean
  readonly outdated: boolean
  readonly peers: number
  readonly unsent: number
  readonly undurable: number
  readonly waiting: { readonly count: number }
  readonly divergence?: string
  readonly forks: number
  readonly ticks: number
  readonly storage?: string
}

/** A process that can be stopped, killed and started again. What it said before it died is heard. */
export class Supervised {
  child: ChildProcess | undefined
  /** Resolves when the process is dead and everything that it said has been heard. */
  ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> = Promise.resolve({
    code: 0,
    signal: null,
  })
  starts = 0
  /** What it said on its standard error, in all of its lives. */
  errors = ''
  private readonly hear: (line: string) => void
  private readonly waiting = new Set<(line: string | undefined) => void>()

  constructor(hear: (line: string) => void = () => {}) {
    this.hear = hear
  }

  get running(): boolean {
    return this.child !== undefined
  }

  start(file: string, args: readonly string[]): void {
    this.starts++
    const child = spawn(process.execPath, [script(file), ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.child = child
    child.stdin!.on('error', () => {})
    child.stderr!.setEncoding('utf8').on('data', data => {
      this.errors += data
    })
    const lines = createInterface(child.stdout!)
    lines.on('line', line => {
      this.hear(line)
      for (const listener of [...this.waiting]) listener(line)
    })
    this.ended = Promise.all([once(child, 'exit'), once(lines, 'close')]).then(([[code, signal]]) => {
      if (this.child === child) this.child = undefined
      for (const listener of [...this.waiting]) listener(undefined)
      return { code, signal }
    })
  }

  /** The next line that begins with this; undefined when the process dies before. */
  line(start: string): Promise<string | undefined> {
    return new Promise(resolve => {
      const listener = (line: string | undefined) => {
        if (line !== undefined && !line.startsWith(start)) return
        this.waiting.delete(listener)
        resolve(line?.slice(start.length))
      }
      this.waiting.add(listener)
    })
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal)
  }

  tell(line: string): void {
    this.child?.stdin?.write(`${line}\n`)
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.ended
  }
}

/** What was acknowledged, by what it says must hold in the end. */
export class Ledger {
  readonly there = new Set<string>()
  readonly gone = new Set<string>()
  readonly pairs = new Set<string>()
  readonly members = new Set<string>()
  readonly latest = new Map<string, number>()
  count = 0

  hear(line: string): void {
    const [word, kind, id, number] = line.split(' ')
    if (word !== 'ack') return
    if (kind === 'trying') this.there.delete(id)
    else this.count++
    if (kind === 'there') this.there.add(id)
    if (kind === 'gone') this.gone.add(id)
    if (kind === 'pair') this.pairs.add(id)
    if (kind === 'member') this.members.add(id)
    if (kind === 'latest') this.latest.set(id, Math.max(Number(number), this.latest.get(id) ?? 0))
  }
}

/** A clone in a process of its own, behind a wire of its own. */
export class Member {
  readonly name: string
  readonly folder: string
  readonly process: Supervised
  readonly wire: Wire
  private readonly library: string
  private readonly seed: number
  private url = ''

  constructor(name: string, folder: string, library: string, seed: number, relayPort: () => number, ledger: Ledger) {
    this.name = name
    this.folder = folder
    this.library = library
    this.seed = seed
    this.process = new Supervised(line => ledger.hear(line))
    this.wire = new Wire(relayPort)
  }

  async open(): Promise<void> {
    this.url = await this.wire.open()
    this.start()
  }

  start(): void {
    const run = this.process.starts
    const args = [this.library, this.url, this.folder, this.name, String(run), String(this.seed + run * 7919)]
    this.process.start('member.mjs', args)
  }

  /** Undefined when it dies meanwhile. */
  async status(): Promise<MemberStatus | undefined> {
    if (!this.process.running) return undefined
    const said = this.process.line('is ')
    this.process.tell('say')
    const text = await said
    return text === undefined ? undefined : JSON.parse(text)
  }
}
