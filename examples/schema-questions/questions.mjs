// Ten questions about the vocabulary of schema.org, which is itself data: classes and properties, what they are about, what they are sub-classes of.
//
// Each is a function from a clone to an answer. There are no property paths in requests: where a question is about what lies behind several steps, the program
// goes level by level, one request each.

/** What the names in the requests stand for. Identifiers are relative to schema.org, so that an answer says `Person`. */
export const context = {
  '@base': 'http://schema.org/',
  '@vocab': 'http://schema.org/',
  Class: 'http://www.w3.org/2000/01/rdf-schema#Class',
  Property: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#Property',
  label: 'http://www.w3.org/2000/01/rdf-schema#label',
  comment: 'http://www.w3.org/2000/01/rdf-schema#comment',
  subClassOf: 'http://www.w3.org/2000/01/rdf-schema#subClassOf',
}

const names = (solutions, variable) => solutions.map(solution => solution[variable]['@id']).sort()

/** Which classes has no property as its subject? */
export function classesWithoutProperties(clone) {
  const found = clone.read({
    '@context': context,
    '@select': '?class',
    '@where': {
      '@id': '?class',
      '@type': 'Class',
      '@filter': { '@notexists': { domainIncludes: { '@id': '?class' } } },
    },
  })
  return names(found, '?class')
}

/** The classes one step below some others. */
function below(clone, classes) {
  const found = clone.read({
    '@context': context,
    '@select': '?class',
    '@distinct': true,
    '@where': [
      { '@values': classes.map(name => ({ '?above': { '@id': name } })) },
      { '@id': '?class', subClassOf: '?above' },
    ],
  })
  return names(found, '?class')
}

/** Which classes lie deepest, by the longest way down from the top, and how many steps is that? */
export function deepestClasses(clone) {
  const tops = clone.read({
    '@context': context,
    '@select': '?class',
    '@where': {
      '@id': '?class',
      '@type': 'Class',
      '@filter': { '@notexists': { '@id': '?class', subClassOf: '?' } },
    },
  })
  let classes = names(tops, '?class')
  for (let steps = 0; ; steps++) {
    const next = below(clone, classes)
    if (next.length === 0) return { steps, classes }
    classes = next
  }
}

/** What can be said of a restaurant: the properties of the class and of all above it? */
export function propertiesWithInherited(clone, name = 'Restaurant') {
  const classes = new Set([name])
  for (let level = [name]; level.length > 0; ) {
    const above = clone.read({
      '@context': context,
      '@select': '?above',
      '@distinct': true,
      '@where': [
        { '@values': level.map(each => ({ '?class': { '@id': each } })) },
        { '@id': '?class', subClassOf: '?above' },
      ],
    })
    level = names(above, '?above').filter(each => !classes.has(each))
    for (const each of level) classes.add(each)
  }
  const found = clone.read({
    '@context': context,
    '@select': '?property',
    '@distinct': true,
    '@where': {
      '@id': '?property',
      domainIncludes: { '@value': '?class', '@in': [...classes].map(id => ({ '@id': id })) },
    },
  })
  return names(found, '?property')
}

/** Which ten classes have most properties of their own? */
export function classesWithMostProperties(clone) {
  const found = clone.read({
    '@context': context,
    '@select': ['?class', { '?count': { '@count': '?property' } }],
    '@where': { '@id': '?property', domainIncludes: '?class' },
    '@groupBy': '?class',
    '@orderBy': [{ '@desc': '?count' }, '?class'],
    '@limit': 10,
  })
  return found.map(solution => `${solution['?class']['@id']} ${solution['?count']}`)
}

/** Which properties can have values of four kinds or more? */
export function propertiesWithManyRanges(clone) {
  const found = clone.read({
    '@context': context,
    '@select': ['?property', { '?count': { '@count': '?range' } }],
    '@where': { '@id': '?property', rangeIncludes: '?range' },
    '@groupBy': '?property',
    '@having': { '@gte': [{ '@count': '?range' }, 4] },
    '@orderBy': [{ '@desc': '?count' }, '?property'],
  })
  return found.map(solution => `${solution['?property']['@id']} ${solution['?count']}`)
}

/** Which terms are the plural of another? */
export function plurals(clone) {
  const found = clone.read({
    '@context': context,
    '@select': ['?many', '?one'],
    '@where': [
      { '@id': '?one', label: '?label' },
      { '@bind': { '?plural': { '@concat': ['?label', 's'] } } },
      { '@id': '?many', label: '?plural' },
    ],
  })
  return found.map(each => `${each['?many']['@id']} ${each['?one']['@id']}`).sort()
}

/** Which superseded terms still say something of a class, and what is to be used instead? */
export function supersededTerms(clone) {
  const found = clone.read({
    '@context': context,
    '@select': ['?old', '?new', '?newest'],
    '@where': [
      { '@id': '?old', supersededBy: { '@id': '?new' }, domainIncludes: '?' },
      { '@optional': { '@id': '?new', supersededBy: '?newest' } },
    ],
    '@distinct': true,
  })
  return found.map(each => `${each['?old']['@id']} ${(each['?newest'] ?? each['?new'])['@id']}`).sort()
}

/** Which class is named most often as what values are? */
export function mostReferredClass(clone) {
  const [found] = clone.read({
    '@context': context,
    '@select': ['?class', { '?count': { '@count': '*' } }],
    '@where': [{ '@id': '?class', '@type': 'Class' }, { rangeIncludes: '?class' }],
    '@groupBy': '?class',
    '@orderBy': [{ '@desc': '?count' }, '?class'],
    '@limit': 1,
  })
  return `${found['?class']['@id']} ${found['?count']}`
}

/** Which terms are explained with blood or with heart, but are no symptoms? */
export function aboutBloodOrHeart(clone) {
  const found = clone.read({
    '@context': context,
    '@select': '?term',
    '@where': [
      { '@id': '?term', comment: '?comment' },
      { '@filter': { '@regex': ['?comment', '\\b(blood|heart)', 'i'] } },
      { '@filter': { '@not': { '@regex': ['?comment', 'symptom', 'i'] } } },
    ],
  })
  return names(found, '?term')
}

/** Which properties have values of a class that their inverse is not about? */
export function unevenInverses(clone) {
  const found = clone.read({
    '@context': context,
    '@select': ['?property', '?inverse', '?class'],
    '@distinct': true,
    '@where': {
      '@id': '?property',
      inverseOf: { '@id': '?inverse' },
      rangeIncludes: '?class',
      '@filter': { '@notexists': { '@id': '?inverse', domainIncludes: '?class' } },
    },
  })
  return found.map(each => ['?property', '?inverse', '?class'].map(name => each[name]['@id']).join(' ')).sort()
}
