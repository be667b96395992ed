/** Which forms of requests have stood in one request together. */
import { type Form, forms } from './requests-pool.js'

/** Of which one request has only one. */
const requestForms: readonly Form[] = ['@select', '@describe', '@construct', 'ask']

/** What only some of those can have. */
const only: Partial<Record<(typeof requestForms)[number], readonly Form[]>> = {
  '@select': [
    ...([
      'select *',
      '@distinct',
      '@groupBy',
      'group by expression',
      '@having',
      'count *',
      'aggregate @distinct',
    ] as const),
    ...(['@count', '@sum', '@avg', '@min', '@max', '@groupConcat', '@sample'] as const),
  ],
  '@describe': ['@depth'],
  '@construct': ['template of its own', 'new subject', 'template property variable'],
}

/** A template that is its own pattern has no pattern beside it. */
const notInTemplate: ReadonlySet<Form> = new Set<Form>([
  ...([
    'array',
    '@graph',
    'mixed',
    '@union',
    '@optional',
    '@filter',
    '@bind',
    '@values',
    'undefined value',
    '@exists',
  ] as const),
  ...(['@notexists', '@language', 'language variable', 'datatype', 'datatype variable', 'inline condition'] as const),
  ...(['inline @in', 'inline @regex', 'inline @langmatches', 'new subject', 'template property variable'] as const),
])

/** All solutions as they are have no groups and no expressions in columns. */
const notInAll: ReadonlySet<Form> = new Set<Form>([
  ...(['@groupBy', 'group by expression', '@having', 'count *', 'aggregate @distinct'] as const),
  ...(['@count', '@sum', '@avg', '@min', '@max', '@groupConcat', '@sample'] as const),
])

export class Pairs {
  private readonly counts = new Map<string, number>()

  add(used: ReadonlySet<Form>): void {
    for (const a of used) for (const b of used) this.counts.set(`${a}\n${b}`, this.count(a, b) + 1)
  }

  get seen(): number {
    return possible.filter(([a, b]) => this.count(a, b) > 0).length
  }

  get possible(): number {
    return possible.length
  }

  /** Whether two of these forms, which can stand together, were in none. */
  wants(used: ReadonlySet<Form>): boolean {
    return possible.some(([a, b]) => used.has(a) && used.has(b) && this.count(a, b) === 0)
  }

  missing(): string[] {
    return possible.filter(([a, b]) => this.count(a, b) === 0).map(([a, b]) => `${a} with ${b}`)
  }

  /** In how many requests each two were; with itself, in how many it was. */
  table(): string {
    const rows = forms.map(
      (form, i) =>
        `${String(i).padStart(2)} ${form.padEnd(26)} ${forms
          .slice(0, i + 1)
          .map(other => this.count(form, other))
          .join(' ')}`,
    )
    return ['requests with both forms (columns in the order of the rows):', ...rows].join('\n')
  }

  private count(a: Form, b: Form): number {
    return this.counts.get(`${a}\n${b}`) ?? 0
  }
}

const home = (form: Form): Form | undefined => requestForms.find(each => each === form || only[each]?.includes(form))

function isPossible(a: Form, b: Form): boolean {
  const [x, y] = [home(a), home(b)]
  if (x !== undefined && y !== undefined && x !== y) return false
  if (a === 'ask' || b === 'ask') {
    const modifiers: readonly Form[] = ['@orderBy', '@desc', '@limit', '@offset']
    if (modifiers.includes(a) || modifiers.includes(b)) return false
  }
  for (const [one, other] of [
    [a, b],
    [b, a],
  ]) {
    if (one === 'template of its own' && notInTemplate.has(other)) return false
    if (one === 'select *' && notInAll.has(other)) return false
  }
  return true
}

const possible = forms.flatMap((a, i) => forms.slice(0, i).flatMap(b => (isPossible(a, b) ? [[a, b] as const] : [])))

/** Several lines as they are; anything else as JSON. */
export const formatted = (value: unknown): string =>
  typeof value === 'string' ? value : Array.isArray(value) ? `\n    ${value.join('\n    ')}` : JSON.stringify(value)
