/**
 * The cases of the W3C suite for SHACL Core (https://w3c.github.io/data-shapes/data-shapes-test-suite/): what is kept of their shapes holds in what a clone shows of their
 * data, and a report finds what they say.
 */
import { afterEach, describe, expect, it } from 'vitest'
import { shapes, validate } from '../../src/bindings/shacl.js'
import type { Clone } from '../../src/index.js'
import { ruled } from './shacl-clone.js'
import { suiteCases, wrongs } from './shacl-oracle.js'

const opened: Clone[] = []
afterEach(async () => {
  for (const clone of opened.splice(0)) await clone.close()
})

const kept = async (...parameters: Parameters<typeof ruled>) => {
  const clone = await ruled(...parameters)
  opened.push(clone)
  return clone
}

/** What is not kept of these stands for all that would be wrong inside. */
const whole = new Set(['path', 'property', 'targetNode', 'qualifiedValueShape'])

const cases = suiteCases()

it('has the cases of SHACL Core', () => expect(cases.length).toBeGreaterThan(90))

describe.each(cases)('$name', ({ data, shapes: quads, conforms }) => {
  it('is kept, but for what is said not to be', async () => {
    const { constraints, notKept } = shapes(quads)
    const clone = await kept(data, constraints)
    const wrong = await wrongs([...clone.quads()], quads)
    const unexcused = wrong.filter(
      ({ component, severity }) =>
        severity === 'Violation' &&
        !notKept.some(
          part =>
            part.component === component || whole.has(part.component) || component === 'node' || component === 'and',
        ),
    )
    expect(unexcused).toEqual([])
    if (conforms) expect(clone.conflicts()).toEqual([])
  })

  it('is found in a report', async () => {
    const clone = await kept(data, [])
    const report = await validate(clone, quads)
    expect(report.conforms).toBe(conforms)
    expect(report.results.length === 0).toBe(conforms)
  })
})
