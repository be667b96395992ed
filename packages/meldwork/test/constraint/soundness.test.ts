/** Which rules can be kept together: the table of docs/rules.md, pair by pair. */
import { describe, expect, it } from 'vitest'
import { type RuleKind, ruleNamespace } from '../../src/constraint/index.js'
import { read } from './declared.js'

type Declaration = Record<string, unknown>
const p = (type: string, more: Declaration = {}): Declaration => ({ '@type': type, property: 'p', ...more })
const inClass = (type: string, more: Declaration = {}): Declaration => p(type, { class: 'C', ...more })

/** Declared in either order, as configuration: why one of them is not in force. */
function refusals(...declarations: Declaration[]): (string | undefined)[] {
  return [declarations, declarations.toReversed()].map(some => read(some).notInForce[0]?.error.message)
}

describe('what a later stratum would break', () => {
  it.each<[string, Declaration, Declaration, RegExp]>([
    [
      'subject, reference',
      inClass('required'),
      p('reference'),
      /"p is required" counts values that "p refers to something" may hide/,
    ],
    [
      'subject, reference of another class',
      inClass('min-count', { count: 2 }),
      p('reference', { class: 'D' }),
      /may hide after it/,
    ],
    [
      'subject of logic, reference',
      { '@type': 'or', class: 'C', of: [p('required'), { '@type': 'required', property: 'q' }] },
      p('reference'),
      /may hide after it/,
    ],
    [
      'equals, equals',
      p('equals', { with: 'q' }),
      { '@type': 'equals', property: 'q', with: 'r' },
      /may hide values of q that/,
    ],
    ['equals, disjoint', p('equals', { with: 'q' }), p('disjoint', { with: 'r' }), /may hide values of p/],
    [
      'equals, less-than',
      p('equals', { with: 'q' }),
      { '@type': 'less-than', property: 'r', than: 'q' },
      /may hide values of q/,
    ],
    [
      'equals, unique',
      p('equals', { with: 'q' }),
      { '@type': 'unique', property: 'q' },
      /"q is unique" may hide values of q that "p has the values of q" needs/,
    ],
    ['equals, reference', p('equals', { with: 'q' }), p('reference'), /may hide values of p/],
  ])('%s', (_, one, other, reason) => {
    for (const message of refusals(one, other)) expect(message).toMatch(reason)
    const { inForce, notInForce } = read([one, { ...other, reportOnly: true }])
    expect([inForce.length, notInForce.length]).toEqual([2, 0])
  })
})

describe('what leaves nothing', () => {
  it.each<[string, Declaration, Declaration]>([
    ['bounds', p('min-inclusive', { value: 5 }), p('max-inclusive', { value: 4 })],
    ['bounds, one of them open', p('min-exclusive', { value: 5 }), p('max-inclusive', { value: 5 })],
    ['bounds of what has no order', p('min-inclusive', { value: 5 }), p('min-inclusive', { value: 'a' })],
    ['lengths', p('min-length', { length: 3 }), p('max-length', { length: 2 })],
    ['datatypes', p('datatype', { datatype: 'integer' }), p('datatype', { datatype: 'string' })],
    ['in, datatype', p('in', { values: ['a', 'b'] }), p('datatype', { datatype: 'integer' })],
    ['in, in', p('in', { values: ['a'] }), p('in', { values: ['b'] })],
    ['in, pattern', p('in', { values: ['a'] }), p('pattern', { pattern: '^b' })],
    ['in of a class, in of all', inClass('in', { values: ['a'] }), p('in', { values: ['b'] })],
    ['min-count, max-count', inClass('min-count', { count: 3 }), p('max-count', { count: 2 })],
    ['required, max-count 0', inClass('required'), inClass('max-count', { count: 0 })],
    ['min-count, single-valued', inClass('min-count', { count: 2 }), p('single-valued')],
    ['min-count, in', inClass('min-count', { count: 3 }), p('in', { values: ['a', 'b', 'a'] })],
    ['has-value, in', inClass('has-value', { value: 'a' }), p('in', { values: ['b'] })],
    ['has-value, datatype', inClass('has-value', { value: 'a' }), p('datatype', { datatype: 'integer' })],
    ['required, closed', inClass('required'), { '@type': 'closed', class: 'C', properties: ['q'] }],
  ])('%s', (_, one, other) => {
    for (const message of refusals(one, other))
      expect(message).toMatch(/contradicts another: .* Together they hide everything/)
  })
})

describe('what no rule may do', () => {
  it.each<[string, Declaration, RegExp]>([
    [
      'choose among slots',
      { '@type': 'single-valued', property: 'http://json-rql.org/#slot' },
      /of which lists are made/,
    ],
    [
      'judge items',
      { '@type': 'datatype', property: 'http://json-rql.org/#item', datatype: 'string' },
      /of which lists are made/,
    ],
    ['judge positions', { '@type': 'unique', property: 'http://m-ld.org/#position' }, /of which lists are made/],
    ['compare with items', p('equals', { with: 'http://json-rql.org/#item' }), /of which lists are made/],
    ['hide slots', p('required', { objectsOf: 'http://json-rql.org/#slot' }), /of which lists are made/],
    ['judge rules', { '@type': 'in', property: `${ruleNamespace}property`, values: ['a'] }, /no rule is about rules/],
    ['hide rules', p('required', { class: `${ruleNamespace}single-valued` }), /no rule is/],
    [
      'hide rules by what they have',
      p('required', { subjectsOf: `${ruleNamespace}property` }),
      /no rule is about rules/,
    ],
    ['need types', { '@type': 'reference', property: '@type' }, /a type cannot have to be there/],
    [
      'hide all that has nothing to do with it',
      { '@type': 'not', of: [p('in', { values: ['a'] }), { '@type': 'in', property: 'q', values: ['a'] }] },
      /say of which subjects/,
    ],
  ])('%s', (_, declaration, reason) => {
    expect(refusals(declaration)[0]).toMatch(reason)
    expect(read([{ ...declaration, reportOnly: true }]).notInForce).toEqual([])
  })

  it('of an app: hide all that has nothing to do with it', () => {
    const kind: RuleKind = {
      point: 'rule',
      type: 'http://rules.example/some',
      version: 1,
      make: parameters => {
        const property = parameters.property()
        const scope = parameters.scope()
        return { stratum: 'subject', name: 'some', scope, reads: [property], holds: of => of(property).length > 0 }
      },
    }
    expect(read([p(kind.type)], [kind]).notInForce[0].error.message).toMatch(/say of which subjects/)
    expect(read([inClass(kind.type)], [kind]).notInForce).toEqual([])
  })
})

describe('what can be kept together', () => {
  it.each<[string, Declaration, Declaration]>([
    ['value, value', p('datatype', { datatype: 'integer' }), p('min-inclusive', { value: 1 })],
    ['bounds that leave one value', p('min-inclusive', { value: 5 }), p('max-inclusive', { value: 5 })],
    ['value of different classes', inClass('in', { values: ['a'] }), p('in', { values: ['b'], class: 'D' })],
    ['value, set', p('in', { values: ['a', 'b'] }), p('single-valued')],
    ['set, set', p('max-count', { count: 2 }), p('unique-lang')],
    ['set, key', p('single-valued'), p('unique')],
    ['set, pair', p('single-valued'), p('less-than', { than: 'q' })],
    ['set, equals', p('single-valued'), p('equals', { with: 'q' })],
    ['value, equals', p('in', { values: ['a'] }), p('equals', { with: 'q' })],
    ['pair, pair', p('disjoint', { with: 'q' }), p('less-than', { than: 'q' })],
    ['pair, key', p('disjoint', { with: 'q' }), p('unique')],
    ['pair, reference', p('disjoint', { with: 'q' }), p('reference')],
    ['equals, subject', p('equals', { with: 'q' }), inClass('required')],
    ['equals, key of other properties', p('equals', { with: 'q' }), { '@type': 'unique', property: 'r' }],
    ['key, subject', p('unique'), inClass('required')],
    ['key, reference', p('unique'), p('reference')],
    ['subject, subject', inClass('required'), inClass('has-value', { value: 'a' })],
    ['subject, reference of another property', inClass('required'), { '@type': 'reference', property: 'q' }],
    [
      'min-count and max-count of different classes',
      inClass('min-count', { count: 2 }),
      p('single-valued', { class: 'D' }),
    ],
    ['reference, reference', p('reference'), p('reference', { to: 'D' })],
    ['required, closed', inClass('required'), { '@type': 'closed', class: 'C', properties: ['p'] }],
  ])('%s', (_, one, other) => {
    expect(refusals(one, other)).toEqual([undefined, undefined])
  })

  it('and what data says never puts out of force what the app says', () => {
    // In the order of their texts the other would be first.
    const required = inClass('required')
    const { inForce, notInForce } = read([required], [], [p('max-count', { count: 0 })])
    expect(inForce).toMatchObject([{ declaration: { '@type': 'required' }, source: 'configuration' }])
    expect(notInForce).toMatchObject([{ declaration: { '@type': 'max-count' }, source: 'data' }])
  })
})
