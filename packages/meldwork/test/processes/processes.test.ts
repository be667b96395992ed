/**
 * Eight processes, each with a clone on LevelDB, over a relay in a process of its own. They write at random, while a supervisor kills them and the relay
 * (SIGKILL), stops and continues them (SIGSTOP), cuts and stalls their connections, and ends and restarts them. Then everything is healed: all must be
 * equal, every status must settle, and every write that a process has said to be flushed or written must be there, one by one, in every folder.
 *
 * What happens is drawn from a seed, which is printed; when it happens depends on the machine. A failure says what is missing, and keeps the folders.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { type Clone, openClone } from '../../src/index.js'
import { LevelStore } from '../../src/stores/level.js'
import { Chance } from '../../src/testkit/chance.js'
import { compileLibrary } from '../stores/compiled.js'
import { Ledger, Member, type MemberStatus, Supervised } from './supervised.js'

const processes = 8
/** A normal run takes 15 s of trouble, a long one two minutes. */
const troubleMs = Math.min(120, fuzz.runs(15)) * 1000
const settleMs = 60_000
const delay = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

test(
  'nothing that was acknowledged is lost, and all agree, whatever is killed, stopped and cut',
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'processes-test-'))
    const library = compileLibrary(join(root, 'compiled'))
    const trouble = new Trouble(root, library)
    try {
      await trouble.begin()
      await trouble.last(troubleMs)
      const settled = await trouble.heal()
      console.log(`seed ${fuzz.seed}: ${trouble.summary()}; settled after ${settled.afterMs} ms`)
      expect(settled.problems, `see ${root}`).toEqual([])
      expect(trouble.ledger.count).toBeGreaterThan(troubleMs / 50)
      await trouble.close()
      for (const member of trouble.members) {
        const clone = await openClone({ domain: 'processes.example', store: new LevelStore(member.folder) })
        expect(missing(clone, trouble.ledger), `${member.name}, see ${root}`).toEqual([])
        expect(clone.stats().digest, `${member.name}, see ${root}`).toBe(settled.digest)
        await clone.close()
      }
    } finally {
      await trouble.end()
    }
    // Only here: what a failure has left is to be looked at.
    rmSync(root, { recursive: true, force: true, maxRetries: 5 })
  },
  troubleMs + 2 * settleMs + 60_000,
)

/** What was acknowledged and does not hold. */
function missing(clone: Clone, ledger: Ledger): string[] {
  const faults: string[] = []
  for (const id of ledger.there) if (clone.get(id) === undefined) faults.push(`${id} is not there`)
  for (const id of ledger.gone) if (clone.get(id) !== undefined) faults.push(`${id} is there again`)
  for (const id of ledger.pairs)
    for (const half of ['a', 'b'])
      if (clone.get(`${id}-${half}`) === undefined) faults.push(`${id}-${half} is not there`)
  for (const { '@id': id, other } of clone.read({ '@describe': '?s', '@where': { '@id': '?s', other: '?o' } }))
    if (clone.get((other as { '@id': string })['@id']) === undefined) faults.push(`${id} is without its other half`)
  const members = new Set([clone.get('shared')?.member].flat())
  for (const id of ledger.members) if (!members.has(id)) faults.push(`shared has not ${id}`)
  for (const [id, number] of ledger.latest) {
    const found = clone.get(id)?.number
    if (typeof found !== 'number' || found < number) faults.push(`${id} is ${found}, was acknowledged as ${number}`)
  }
  return faults
}

/** The processes, and what happens to them. */
class Trouble {
  readonly ledger = new Ledger()
  readonly members: Member[]
  private readonly relay = new Supervised()
  private readonly library: string
  private readonly chance = new Chance(fuzz.seed)
  private readonly counts = new Map<string, number>()
  /** Those to whom something is happening. */
  private readonly busy = new Set<Member | Supervised>()
  private readonly happening = new Set<Promise<void>>()
  private relayPort = 0
  private isOver = false

  constructor(root: string, library: string) {
    this.library = library
    this.members = Array.from({ length: processes }, (_, index) => {
      const name = `p${index}`
      return new Member(name, join(root, name), library, fuzz.seed + index, () => this.relayPort, this.ledger)
    })
  }

  async begin(): Promise<void> {
    await this.startRelay()
    const ready = this.members.map(member => member.process.line('ready'))
    await Promise.all(this.members.map(member => member.open()))
    await Promise.all(ready)
  }

  private async startRelay(): Promise<void> {
    const listening = this.relay.line('listening ')
    this.relay.start('relay.mjs', [this.library, String(this.relayPort)])
    this.relayPort = Number(await listening)
  }

  /** Makes trouble for so long. */
  async last(durationMs: number): Promise<void> {
    const endMs = performance.now() + durationMs
    while (performance.now() < endMs) {
      await delay(this.chance.whole(50, 400))
      const happens = this.chance.happens(0.1) ? this.toRelay() : this.toMember()
      if (happens === undefined) continue
      this.happening.add(happens)
      void happens.finally(() => this.happening.delete(happens))
    }
    this.isOver = true
    await Promise.all(this.happening)
  }

  private toRelay(): Promise<void> | undefined {
    if (this.busy.has(this.relay)) return undefined
    return this.while(this.relay, async () => {
      if (this.chance.happens(0.5)) {
        this.count('relay killed')
        await this.relay.kill()
        await delay(this.chance.whole(0, 1500))
        await this.startRelay()
      } else {
        this.count('relay stopped')
        this.relay.signal('SIGSTOP')
        await delay(this.chance.whole(100, 2000))
        this.relay.signal('SIGCONT')
      }
    })
  }

  private toMember(): Promise<void> | undefined {
    const member = this.members[this.chance.whole(0, processes - 1)]
    if (this.busy.has(member)) return undefined
    const kinds = [this.killed, this.killed, this.stopped, this.cut, this.stalled, this.ended]
    const happens = kinds[this.chance.whole(0, kinds.length - 1)]
    return this.while(member, () => happens.call(this, member))
  }

  private async while(whom: Member | Supervised, happens: () => Promise<void>): Promise<void> {
    this.busy.add(whom)
    await happens()
    this.busy.delete(whom)
  }

  private async killed(member: Member): Promise<void> {
    this.count('killed')
    await member.process.kill()
    await delay(this.chance.whole(0, 1500))
    await this.startAgain(member)
  }

  private async ended(member: Member): Promise<void> {
    this.count('ended')
    member.process.tell('close')
    const { code } = await member.process.ended
    if (code !== 0) throw new Error(`${member.name} ended with ${code}: ${member.process.errors}`)
    await delay(this.chance.whole(0, 500))
    await this.startAgain(member)
  }

  /** It may be killed again while it opens its store. */
  private async startAgain(member: Member): Promise<void> {
    this.count('restarted')
    const ready = member.process.line('ready')
    member.start()
    if (!this.isOver && this.chance.happens(0.2)) {
      await delay(this.chance.whole(0, 1000))
      this.count('killed')
      await member.process.kill()
      return this.startAgain(member)
    }
    if ((await ready) === undefined) throw new Error(`${member.name} did not start: ${member.process.errors}`)
  }

  private async stopped(member: Member): Promise<void> {
    this.count('stopped')
    member.process.signal('SIGSTOP')
    await delay(this.chance.whole(100, 3000))
    member.process.signal('SIGCONT')
  }

  private async cut(member: Member): Promise<void> {
    this.count('cut')
    member.wire.cut()
    await delay(this.chance.whole(100, 3000))
    member.wire.restore()
  }

  /** Connected, and nothing arrives. */
  private async stalled(member: Member): Promise<void> {
    this.count('stalled')
    member.wire.stall()
    await delay(this.chance.whole(100, 3000))
    member.wire.cut()
    member.wire.restore()
  }

  /** Waits until everybody has come to rest. @returns what has not, when that takes too long */
  async heal(): Promise<{ readonly digest: string; readonly afterMs: number; readonly problems: string[] }> {
    const startMs = performance.now()
    const quiet = this.members.map(member => member.process.line('quiet'))
    for (const member of this.members) member.process.tell('quiet')
    await Promise.all(quiet)
    for (;;) {
      const statuses = await Promise.all(this.members.map(member => member.status()))
      const problems = unsettled(this.members, statuses)
      const afterMs = Math.round(performance.now() - startMs)
      if (problems.length === 0 || afterMs > settleMs) return { digest: statuses[0]?.digest ?? '', afterMs, problems }
      await delay(100)
    }
  }

  async close(): Promise<void> {
    for (const { process } of this.members) process.tell('close')
    const ends = await Promise.all(this.members.map(({ process }) => process.ended))
    expect(ends.map(({ code }) => code)).toEqual(this.members.map(() => 0))
    expect(this.members.map(({ process }) => process.errors).join('')).toBe('')
  }

  /** Leaves no process behind. */
  async end(): Promise<void> {
    await Promise.allSettled([this.relay.kill(), ...this.members.map(({ process }) => process.kill())])
    await Promise.allSettled(this.members.map(({ wire }) => wire.close()))
  }

  summary(): string {
    const counts = [...this.counts].sort().map(([what, count]) => `${count} ${what}`)
    return `${this.ledger.count} writes acknowledged; ${counts.join(', ')}`
  }

  private count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }
}

/** What of the statuses is not as it is when all is well. */
function unsettled(members: readonly Member[], statuses: readonly (MemberStatus | undefined)[]): string[] {
  return statuses.flatMap((status, index) => {
    const { name } = members[index]
    if (status === undefined) return [`${name} has died: ${members[index].process.errors}`]
    const { digest, online, outdated, peers, unsent, undurable, waiting, divergence, forks, storage } = status
    const expected = { digest: statuses[0]?.digest, online: true, outdated: false, peers: processes - 1, unsent: 0 }
    const rest = { undurable: 0, waiting: 0, divergence: undefined, forks: 0, storage: undefined }
    const found = {
      digest,
      online,
      outdated,
      peers,
      unsent,
      undurable,
      waiting: waiting.count,
      divergence,
      forks,
      storage,
    }
    const isWell = JSON.stringify(found) === JSON.stringify({ ...expected, ...rest })
    return isWell ? [] : [`${name}: ${JSON.stringify(status)}`]
  })
}
