import { splitLiteral, TermKind, type TermTable, type ValueId } from '../rdf/index.js'
import type { RuleKind } from './kind.js'
import { latest } from './latest.js'
import { byValue } from './order.js'
import type { Candidate, SetRule } from './rule.js'

/** One text for each language is visible: of several that were written concurrently the greatest, the least, or the one written last. Values without a language are not looked at. */
export const uniqueLanguage: RuleKind = {
  point: 'rule',
  type: 'unique-lang',
  version: 1,
  make(parameters): SetRule {
    const property = parameters.property()
    const scope = parameters.scope()
    const winner = parameters.word('winner', ['greatest', 'least', 'latest'], 'greatest')
    const name = `${parameters.label('property')} has one text for each language`
    const last = latest(name, property, scope)
    return {
      stratum: 'set',
      name,
      scope,
      property,
      keepsOne: true,
      hides(candidates, terms) {
        return [...byLanguage(candidates, terms).values()].flatMap(of => {
          if (winner === 'latest') return last.hides(of, terms)
          const values = new Set(of.map(({ value }) => value))
          return losers([...values], (a, b) => byValue(a, b, terms) * (winner === 'greatest' ? 1 : -1))
        })
      },
    }
  },
}

function byLanguage(candidates: readonly Candidate[], terms: TermTable): Map<string, Candidate[]> {
  const found = new Map<string, Candidate[]>()
  for (const candidate of candidates) {
    if (terms.kind(candidate.value) !== TermKind.language) continue
    const [tag] = splitLiteral(terms.text(candidate.value))
    const others = found.get(tag)
    if (others === undefined) found.set(tag, [candidate])
    else others.push(candidate)
  }
  return found
}

/** All but the greatest. */
function losers(values: readonly ValueId[], compare: (a: ValueId, b: ValueId) => number): ValueId[] {
  const winner = values.reduce((a, b) => (compare(a, b) >= 0 ? a : b))
  return values.filter(value => value !== winner)
}
