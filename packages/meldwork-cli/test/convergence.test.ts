import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openClone } from 'meldwork'
import { LevelStore } from 'meldwork/stores/level'
import { expect, test } from 'vitest'
import { folderOfDomain } from '../src/folders.js'
import { emptyFolder, eventually, Running, serve } from './running.js'

const domain = 'board.example'
const script = fileURLToPath(new URL('writer.mjs', import.meta.url))

/** A writer, and what it has said. */
class Writer {
  readonly running: Running
  readonly acknowledged: string[] = []
  digest = ''
  triples = 0

  constructor(url: string, folder: string, name: string, first: number, count: number) {
    const args = [domain, url, join(folder, name), name, String(first), String(count)]
    this.running = new Running(script, args)
    this.running.onLine(line => {
      const [word, one, two] = line.split(' ')
      if (word === 'ack') this.acknowledged.push(one)
      if (word === 'is') [this.digest, this.triples] = [one, Number(two)]
    })
  }

  /** Waits until so many writes have been acknowledged. */
  reaches(count: number): Promise<true> {
    return eventually(() => (this.acknowledged.length >= count ? true : undefined))
  }

  async end(): Promise<void> {
    this.running.child.stdin!.write('end\n')
    expect(await this.running.ended).toMatchObject({ code: 0, err: '' })
  }
}

/** Waits until all say the same. @returns their digest */
const agreed = (...writers: Writer[]) =>
  eventually(() => {
    const [{ digest, triples }] = writers
    return triples > 0 && writers.every(writer => writer.digest === digest) ? digest : undefined
  })

test('three processes and a gateway: one of each is killed, and nothing acknowledged is lost', async () => {
  const folder = emptyFolder()
  const gatewayArgs = ['--data', join(folder, 'data'), '--domain', domain]
  const first = await serve('--port', '0', ...gatewayArgs)
  const writer = (name: string, from: number, count: number) => new Writer(first.url, folder, name, from, count)
  const [ann, bob, cyd] = [writer('ann', 0, 400), writer('bob', 0, 100_000), writer('cyd', 0, 400)]

  // Bob dies while he writes; the others go on.
  await Promise.all([ann.reaches(20), bob.reaches(50), cyd.reaches(20)])
  await bob.running.kill('SIGKILL')
  const again = writer('bob', 200_000, 200)

  // So does the gateway, and comes again on the same port with the same folder.
  await again.reaches(20)
  await first.gateway.kill('SIGKILL')
  const second = await serve('--port', String(first.port), ...gatewayArgs)

  await Promise.all([ann, again, cyd].map(({ running }) => running.line(/^wrote$/)))
  const acknowledged = [ann, bob, again, cyd].flatMap(each => each.acknowledged)
  const digest = await agreed(ann, again, cyd)
  await eventually(async () => {
    const health = await (await fetch(`http://localhost:${first.port}/health`)).json()
    return health.domains[domain].digest === digest ? true : undefined
  })
  await Promise.all([ann, again, cyd].map(each => each.end()))
  expect(await second.gateway.kill('SIGTERM')).toMatchObject({ code: 0 })

  // All of it is on the disks of each.
  for (const place of ['ann', 'bob', 'cyd', join('data', folderOfDomain(domain))]) {
    const clone = await openClone({ domain, store: new LevelStore(join(folder, place)) })
    expect(clone.stats().digest).toBe(digest)
    expect(acknowledged.filter(id => clone.get(id) === undefined)).toEqual([])
    for (const id of acknowledged) expect(clone.get(id)).toMatchObject({ number: Number(id.split('-')[1]) })
    await clone.close()
  }
}, 60_000)
