/**
 * Random requests over random data, answered by a clone and by an independent SPARQL engine: the answers are the same, but for what
 * docs/requests.md lists (`normal.ts`, `sparql.ts`). Every form of a request is seen beside every other one that can stand in the same request.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzz.js'
import { Both, Mismatch, printed } from './answers.js'
import { formatted, Pairs } from './coverage.js'
import { NoAnswer, Oracle } from './oracle.js'
import { dataFrom, requestFrom, Tape } from './requests-pool.js'
import { type Triple, written } from './terms-pool.js'

const tape = fc.array(fc.nat(9999), { minLength: 1, maxLength: 160, size: 'max' }).map(numbers => new Tape(numbers))
const requests = fuzz.runs(300)
const timeoutMs = 60_000 + requests * 100

it('requests have the answers that an independent engine gives', { timeout: timeoutMs }, async () => {
  const oracle = new Oracle()
  const pairs = new Pairs()
  let asked = 0
  let unanswered = 0
  let answered = 0
  const check = async (data: Tape, request: Tape) => {
    const triples = dataFrom(data.rewound())
    const { json, forms } = requestFrom(request.rewound(), triples)
    const both = await Both.with(triples, oracle)
    asked++
    try {
      if ((await both.check(json)) > 0) answered++
      pairs.add(forms)
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw new Error(report(error as Error, json, both.sparql, triples))
      unanswered++
    } finally {
      await both.close()
    }
  }
  const property = fc.asyncProperty(fc.tuple(tape, tape), ([data, request]) => check(data, request))
  const limits = { interruptAfterTimeLimit: timeoutMs - 10_000, markInterruptAsFailure: true }
  await fc.assert(property, { numRuns: requests, unbiased: true, ...limits })
  const counts = `${asked} requests, ${answered} with answers, ${unanswered} without one from the other engine`
  console.log(`${counts}; pairs of forms: ${pairs.seen} of ${pairs.possible}`)
  expect(answered).toBeGreaterThan(asked / 4)
  expect(unanswered).toBeLessThan(Math.max(5, asked / 20))
  if (requests < 6000) return
  // Some pairs are rare: a long run looks for requests in which those stand that it has not seen, and asks these.
  for (let round = 1; round <= 1000 && pairs.missing().length > 0; round++)
    for (const [data, request] of fc.sample(fc.tuple(tape, tape), { seed: fuzz.seed + round, numRuns: 1000 })) {
      const { forms } = requestFrom(request.rewound(), dataFrom(data.rewound()))
      if (pairs.wants(forms)) await check(data, request)
    }
  console.log(pairs.table())
  expect(pairs.missing()).toEqual([])
})

function report(error: Error, json: unknown, sparql: string, triples: readonly Triple[]): string {
  const answers =
    error instanceof Mismatch
      ? `${error.message}\n  here: ${formatted(error.ours)}\n  there: ${formatted(error.theirs)}`
      : error.stack
  const data = triples.map(triple => `${triple.map(written).join(' ')} .`).join('\n')
  return `\n--- request\n${printed(json)}\n--- SPARQL\n${sparql}\n--- data\n${data}\n--- ${answers}\n`
}
