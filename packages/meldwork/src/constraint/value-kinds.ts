import { list, rdf, splitLiteral, TermKind } from '../rdf/index.js'
import { datatypeOf, isLegalLiteral } from './datatypes.js'
import type { RuleKind } from './kind.js'
import type { ValueRule } from './rule.js'

/** Only some values are visible. */
export const allowedValues: RuleKind = {
  point: 'rule',
  type: 'in',
  version: 1,
  make(parameters): ValueRule {
    const property = parameters.property()
    const scope = parameters.scope()
    const values = new Set(parameters.values('values'))
    const name = `${parameters.label('property')} is one of ${parameters.label('values')}`
    const limit = { type: 'values', values: [...values] } as const
    return { stratum: 'value', name, scope, property, limit, allows: value => values.has(value) }
  },
}

/** Only literals of a datatype are visible, and of those only the ones whose text is legal for it. */
export const datatype: RuleKind = {
  point: 'rule',
  type: 'datatype',
  version: 1,
  make(parameters): ValueRule {
    const property = parameters.property()
    const scope = parameters.scope()
    const datatype = parameters.datatype('datatype')
    return {
      stratum: 'value',
      name: `${parameters.label('property')} is of the datatype ${parameters.label('datatype')}`,
      scope,
      property,
      limit: { type: 'datatype', datatype },
      allows: (value, terms) => datatypeOf(terms, value) === datatype && isLegalLiteral(terms, value),
    }
  },
}

/** Only references are visible, or only literals. */
export const nodeKind: RuleKind = {
  point: 'rule',
  type: 'node-kind',
  version: 1,
  make(parameters): ValueRule {
    const property = parameters.property()
    const scope = parameters.scope()
    const isIri = parameters.word('kind', ['iri', 'literal']) === 'iri'
    const name = `${parameters.label('property')} is ${isIri ? 'a reference' : 'a literal'}`
    const allows: ValueRule['allows'] = (value, terms) => (terms.kind(value) === TermKind.iri) === isIri
    return { stratum: 'value', name, scope, property, allows }
  },
}

/** Only text in some languages is visible. A language comprises those that are more exact: `en` also `en-gb`. */
export const languageIn: RuleKind = {
  point: 'rule',
  type: 'language-in',
  version: 1,
  make(parameters): ValueRule {
    const property = parameters.property()
    const scope = parameters.scope()
    const languages = parameters.languages('languages')
    return {
      stratum: 'value',
      name: `${parameters.label('property')} is text in ${languages.join(', ')}`,
      scope,
      property,
      allows(value, terms) {
        if (terms.kind(value) !== TermKind.language) return false
        const [tag] = splitLiteral(terms.text(value))
        return languages.some(language => tag === language || tag.startsWith(`${language}-`))
      },
    }
  },
}

/** Only some properties are visible. Types always are, and what makes a list. */
export const closed: RuleKind = {
  point: 'rule',
  type: 'closed',
  version: 1,
  make(parameters): ValueRule {
    const properties = parameters.properties('properties')
    const scope = parameters.scope()
    if (scope.type === 'all') parameters.fail('class', 'say which subjects are closed: by their class, for instance')
    const always = [rdf.type, list.slot, list.position, list.item]
    return {
      stratum: 'value',
      name: `there is only ${parameters.label('properties')}`,
      scope,
      property: { allBut: new Set([...properties, ...always.map(iri => parameters.propertyOf(iri))]) },
      allows: () => false,
    }
  },
}
