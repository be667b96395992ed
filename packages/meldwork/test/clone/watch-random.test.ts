/** Any request, watched while anything happens: applying its changes always gives what is read. */
import { expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { type Clone, CodedError, type Read } from '../../src/index.js'
import { Chance } from '../../src/testkit/chance.js'
import { randomRequest, randomWrite } from './random-requests.js'
import { Copy } from './watch-copy.js'
import { World } from './world.js'

interface Watched {
  readonly request: Read
  readonly copy: Copy
  readonly stop: () => void
}

const codeOf = (call: () => unknown): string => {
  try {
    call()
    return ''
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return error.code
  }
}

/** Watches a random request that is understood; one that is not is refused as it is by `read`. */
function watchRandom(chance: Chance, clone: Clone): Watched {
  for (;;) {
    const request = randomRequest(chance)
    const refused = codeOf(() => clone.read(request))
    if (refused !== '') {
      expect(codeOf(() => clone.watch(request, () => {}))).toBe(refused)
      continue
    }
    const copy = new Copy()
    const stop = clone.watch(request, change => {
      copy.apply(change)
      // In this turn, and nothing was told too late.
      copy.expectSameAs(clone, request)
    })
    expect(copy.calls).toBe(1)
    return { request, copy, stop }
  }
}

/** A loop that is given changes at its leisure. */
function loopRandom(chance: Chance, clone: Clone) {
  for (;;) {
    const request = randomRequest(chance)
    if (codeOf(() => clone.read(request)) !== '') continue
    const copy = new Copy()
    const changes = clone.watch(request)
    let asked = false
    const take = async (): Promise<void> => {
      if (!asked)
        void changes.next().then(({ done, value }) => {
          asked = false
          if (!done) copy.apply(value)
        })
      asked = true
      for (let i = 0; i < 10; i++) await Promise.resolve()
    }
    return { request, copy, take, stop: () => changes.return?.() }
  }
}

function step(chance: Chance, clone: Clone, other: Clone): void {
  const kind = chance.number()
  if (kind < 0.6) randomWrite(chance, clone)
  else if (kind < 0.7) randomWrite(chance, other)
  else if (kind < 0.85)
    clone
      .batch(() => {
        for (let i = chance.whole(1, 4); i > 0; i--) randomWrite(chance, clone)
      })
      .catch(() => {})
  else
    clone
      .write(draft => {
        for (let i = chance.whole(1, 4); i > 0; i--) randomWrite(chance, draft as never)
      })
      .catch(() => {})
}

async function run(seed: number, steps: number): Promise<number> {
  const chance = new Chance(seed)
  const world = new World(seed)
  const disk = world.disk(5)
  const clone = await world.open({ disk })
  const other = await world.open({ genesis: false })
  await world.rest()
  for (let i = 0; i < 8; i++) randomWrite(chance, clone)
  let watched = Array.from({ length: 8 }, () => watchRandom(chance, clone))
  const loops = Array.from({ length: 4 }, () => loopRandom(chance, clone))
  const errors: unknown[] = []
  const report = console.error
  console.error = (...args: unknown[]) => errors.push(args[1])
  try {
    for (let i = 0; i < steps; i++) {
      disk.conditions.failing = chance.happens(0.03)
      step(chance, clone, other)
      if (chance.happens(0.2)) await world.pass(chance.whole(1, 30))
      if (chance.happens(0.05)) await world.rest()
      for (const { take } of loops) if (chance.happens(0.2)) await take()
      if (errors.length > 0) throw errors[0]
      for (const { request, copy } of watched) copy.expectSameAs(clone, request)
      if (chance.happens(0.1)) {
        watched[0].stop()
        watched = [...watched.slice(1), watchRandom(chance, clone)]
      }
    }
    for (const { take, copy, request } of loops) {
      // What it waited for, if it did, and what came after that.
      await take()
      await take()
      copy.expectSameAs(clone, request)
    }
    for (const { stop } of [...watched, ...loops]) stop()
    return watched.reduce((calls, { copy }) => calls + copy.calls, 0)
  } finally {
    console.error = report
    disk.conditions.failing = false
    await world.settle(clone.close())
    await world.settle(other.close())
  }
}

it('applying changes gives what is read', { timeout: 900_000 }, async () => {
  let calls = 0
  for (let i = 0; i < fuzz.runs(25); i++)
    calls += await run(fuzz.seed * 7919 + i, 40).catch(error => {
      throw new Error(`seed ${fuzz.seed * 7919 + i}`, { cause: error })
    })
  expect(calls).toBeGreaterThan(fuzz.runs(25))
})
