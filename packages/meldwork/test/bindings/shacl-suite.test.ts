import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/**
 * The cases of the W3C suite for SHACL Core (https://w3c.github.io/data-shapes/data-shapes-test-suite/): what is kept of their shapes holds in what a clone shows of their
 * data, and a report finds what they say.
 */
import { afterEach, describe, expect, it } from 'vitest'
import { shapes, validate } from '../../src/bindings/shacl.js'
import type { Clone, RDF } from '../../src/index.js'
import { hasCode } from '../../src/index.js'
import { ruled } from './shacl-clone.js'
import { suiteCases, wrongs } from './shacl-oracle.js'

const opened: Clone[] = []
afterEach(async () => {
  for (const clone of opened.splice(0)) await clone.close()
})

describe.each(suiteCases())('$name', ({ data, shapes: quads, conforms }) => {
  it('x', async () => {
    const read = shapes(quads)
    const clone = await ruled(data, read.constraints)
    opened.push(clone)
    const wrong = await wrongs([...clone.quads()], quads)
    require('node:fs').appendFileSync(
      '/tmp/suite.jsonl',
      JSON.stringify({
        n: expect.getState().currentTestName,
        c: read.constraints.length,
        k: read.notKept.map(k => [k.component, k.reason]),
        conforms,
        wrong: wrong.map(w => [w.component, w.path, w.focusNode, w.value]),
        hidden: clone.conflicts().length,
      }) + '\n',
    )
  })
})
