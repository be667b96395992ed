import { it } from 'vitest'
import { Both, Mismatch } from './answers.js'
import { NoAnswer, Oracle } from './oracle.js'
import { dataFrom, requestFrom, Tape } from './requests-pool.js'
import { toQuad, written } from './terms-pool.js'

function rng(seed: number) {
  let s = seed >>> 0
  return () => {
    s = (s + 0x6d2b79f5) | 0
    let t = Math.imul(s ^ (s >>> 15), 1 | s)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }
}

it('dev', async () => {
  const oracle = new Oracle()
  let skipped = 0
  const from = Number(process.env.FROM ?? 1),
    n = Number(process.env.N ?? 100),
    max = Number(process.env.MAX ?? 5)
  const run = async (data: number[], request: number[]) => {
    const triples = dataFrom(new Tape(data))
    const { json } = requestFrom(new Tape(request))
    const both = await Both.with(triples, oracle)
    const timer = setTimeout(() => {
      console.log('HANG', JSON.stringify(json), both.sparql, triples.map(t => t.map(written).join(' ')).join('\n'))
      process.exit(1)
    }, 8000)
    try {
      await both.check(json)
      return undefined
    } catch (e) {
      if (e instanceof NoAnswer) {
        skipped++
        return undefined
      }
      return { e: e as Error, json, sparql: both.sparql, triples }
    } finally {
      clearTimeout(timer)
      await both.close()
    }
  }
  let failures = 0
  const t0 = performance.now()
  for (let seed = from; seed < from + n && failures < max; seed++) {
    const r = rng(seed)
    const size = 20 + (r() % 120)
    let data = Array.from({ length: 120 }, () => r() % 10000),
      request = Array.from({ length: size }, () => r() % 10000)
    if (seed % 200 === 0) process.stderr.write(`${seed} ${skipped} ${Math.round(performance.now())}\n`)
    let f = await run(data, request)
    if (!f) continue
    failures++
    const kind = (x: any) => x.e.constructor.name + (x.e instanceof Mismatch ? '' : String(x.e.message).slice(0, 25))
    const t1 = performance.now()
    const k = kind(f)
    for (let improved = true; improved && performance.now() - t1 < 9000; ) {
      improved = false
      for (const which of [0, 1]) {
        for (const chunk of [16, 4, 1])
          for (let i = 0; i < [data, request][which].length && performance.now() - t1 < 9000; ) {
            const cur = [data, request][which]
            const next = [...cur.slice(0, i), ...cur.slice(i + chunk)]
            const pair = which === 0 ? [next, request] : [data, next]
            const g = await run(pair[0], pair[1])
            if (g && kind(g) === k) {
              ;[data, request] = pair
              f = g
              improved = true
            } else i += chunk
          }
        for (let i = 0; i < [data, request][which].length && performance.now() - t1 < 9000; i++) {
          const cur = [data, request][which]
          if (cur[i] === 0) continue
          const next = [...cur]
          next[i] = 0
          const pair = which === 0 ? [next, request] : [data, next]
          const g = await run(pair[0], pair[1])
          if (g && kind(g) === k) {
            ;[data, request] = pair
            f = g
            improved = true
          }
        }
      }
    }
    console.log(
      `=== seed ${seed}\n${JSON.stringify(f.json)}\n${f.sparql}\n${f.triples.map(t => t.map(written).join(' ')).join('\n')}\n${f.e instanceof Mismatch ? `${f.e.message}\n OURS ${JSON.stringify(f.e.ours)}\n THEIRS ${JSON.stringify(f.e.theirs)}` : f.e.stack?.slice(0, 700)}`,
    )
  }
  console.log('failures', failures, 'skipped', skipped, 'ms', performance.now() - t0)
}, 600_000)
