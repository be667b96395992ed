import { TermKind, type TermTable, type ValueId, xsd } from '../rdf/index.js'
import type { RuleKind } from './kind.js'
import type { InputRule } from './rule.js'

/** Texts are written in another form. */
const texts = (type: string, label: string, change: (text: string) => string): RuleKind => ({
  point: 'rule',
  type,
  version: 1,
  make(parameters): InputRule {
    const property = parameters.property()
    const scope = parameters.scope()
    if (scope.type !== 'all') parameters.fail('class', 'what is written is changed whatever the subject is')
    const name = `${parameters.label('property')} ${label}`
    return { stratum: 'input', name, scope, property, value: (value, { terms }) => changed(terms, value, change) }
  },
})

function changed(terms: TermTable, value: ValueId, change: (text: string) => string): ValueId {
  const kind = terms.kind(value)
  if (kind === TermKind.string) return terms.string(change(terms.text(value)), true)
  if (kind !== TermKind.language) return value
  const text = terms.text(value)
  const end = text.indexOf('\0')
  return terms.language(text.slice(0, end), change(text.slice(end + 1)), true)
}

/** Without white space at its ends. */
const trim = texts('trim', 'has no space around it', text => text.trim())
/** In lower case. */
const lowerCase = texts('lower-case', 'is in lower case', text => text.toLowerCase())
/** In the composed form of Unicode (NFC), so that what looks the same is the same. */
const normalForm = texts('normal-form', 'is in the normal form of Unicode', text => text.normalize('NFC'))

/** A subject that is made without a value of a property gets one: always the same, or one that is generated. */
const defaultValue: RuleKind = {
  point: 'rule',
  type: 'default',
  version: 1,
  make(parameters): InputRule {
    const property = parameters.property()
    const scope = parameters.scope()
    if (scope.type !== 'class') parameters.fail('class', 'say who gets it: those of a class')
    const label = parameters.label('property')
    if (parameters.has('value')) {
      const value = parameters.value('value')
      return { stratum: 'input', name: `${label} has a default`, scope, property, otherwise: () => value }
    }
    const generate = parameters.word('generate', ['id', 'now'], 'id')
    return {
      stratum: 'input',
      name: `${label} is generated`,
      scope,
      property,
      otherwise: (_, { terms, now, newId }) =>
        generate === 'id'
          ? terms.string(newId(), true)
          : terms.typed(xsd.dateTime, new Date(now()).toISOString(), true),
    }
  },
}

/** Rules that change what is written. */
export const inputKinds: readonly RuleKind[] = [trim, lowerCase, normalForm, defaultValue]
