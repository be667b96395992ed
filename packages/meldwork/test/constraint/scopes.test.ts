/**
 * Which subjects rules on subjects are about: those of which nothing is live yet, too, whether a clone was opened before or after. And what others may have
 * declared wrongly.
 */
import { describe, expect, it } from 'vitest'
import { ruleNamespace } from '../../src/constraint/index.js'
import type { Constraint } from '../../src/index.js'
import { World } from '../clone/world.js'

describe.each<[string, Constraint]>([
  ['that it names', { '@type': 'required', property: 'name', node: 'x' }],
  ['that others refer to', { '@type': 'required', property: 'name', objectsOf: 'owner' }],
  ['of either sort', { '@type': 'required', property: 'name', class: 'Person', node: 'x', objectsOf: 'owner' }],
])('a rule on subjects %s', (_, constraint) => {
  it.each(['at once', 'after a restart'])('refuses what it would hide, %s', async when => {
    const world = new World()
    const disk = world.disk()
    const open = () => world.alone({ disk, constraints: [constraint] })
    let clone = await open()
    await world.settle(clone.write({ '@id': 'house', owner: { '@id': 'x' } }))
    if (when === 'after a restart') {
      await world.settle(clone.close())
      clone = await open()
    }
    await expect(world.settle(clone.write({ '@id': 'x', age: 40 }))).rejects.toMatchObject({
      code: 'constraint-violated',
    })
    await world.settle(clone.write({ '@id': 'x', age: 40, name: 'Fred' }))
    expect(clone.get('x')).toEqual({ '@id': 'x', age: 40, name: 'Fred' })
  })
})

describe('a rule that somebody else has declared wrongly', () => {
  const json = (value: string) => ({ '@type': 'http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON', '@value': value })
  const rule = (type: string, parameters: Record<string, unknown>) => ({
    '@type': ruleNamespace + type,
    ...Object.fromEntries(Object.entries(parameters).map(([name, value]) => [ruleNamespace + name, value])),
  })
  it.each<[string, Record<string, unknown>]>([
    ['with a parameter that is no JSON', rule('and', { of: json('[{') })],
    ['with JSON that is deeper than any', rule('and', { of: json('['.repeat(100_000)) })],
    ['with two types', { '@type': [`${ruleNamespace}required`, `${ruleNamespace}unique`] }],
    ['with a pattern that looks around', rule('pattern', { property: 'p', pattern: '(?=a)' })],
    ['without anything', rule('closed', {})],
    ['of a parameter that is none', rule('single-valued', { property: 'p', toString: 1 })],
  ])('%s, is not in force and harms nobody', async (_, subject) => {
    const world = new World()
    const disk = world.disk()
    let clone = await world.alone({ disk })
    await world.settle(clone.write({ '@id': 'rule', ...subject } as never))
    for (const _ of ['before', 'after']) {
      expect(clone.rules.inForce).toEqual([])
      expect(clone.rules.notInForce).toMatchObject([
        { source: 'data', error: { code: expect.stringMatching(/^constraint-/) } },
      ])
      await world.settle(clone.write({ '@id': 'x', p: 1 }))
      expect(clone.get('x')).toEqual({ '@id': 'x', p: 1 })
      await world.settle(clone.close())
      clone = await world.alone({ disk })
    }
    await world.settle(clone.delete('rule'))
    expect(clone.rules.notInForce).toEqual([])
  })

  it('puts no rule of the configuration out of force', async () => {
    const world = new World()
    const disk = world.disk()
    const first = await world.alone({ disk })
    await world.settle(first.declare({ '@type': 'max-count', property: 'name', count: 0 }))
    await world.settle(first.close())
    const required = { '@type': 'required', property: 'name', class: 'Person' }
    const clone = await world.alone({ disk, constraints: [required] })
    expect(clone.rules).toMatchObject({
      inForce: [{ source: 'configuration' }],
      notInForce: [{ source: 'data', error: { code: 'constraint-invalid' } }],
    })
  })
})
