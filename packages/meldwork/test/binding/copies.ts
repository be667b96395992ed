/** Copies of subjects as apps keep them, and what they are compared by. */
import { canonicalJson } from '../../src/rdf/index.js'

export const names = ['a', 'b', 'c', 'l', 'm']
export const keys = ['p', 'q', 'r']

/** An object whose arrays the app keeps: one for each property, always the same. */
export class Kept {
  readonly '@id': string
  readonly p: unknown[] = []
  readonly q: unknown[] = []
  readonly r: unknown[] = []
  readonly '@list': unknown[] = []
  private readonly first = [this.p, this.q, this.r, this['@list']]

  constructor(id: string) {
    this['@id'] = id
  }

  get same(): boolean {
    return [this.p, this.q, this.r, this['@list']].every((array, i) => array === this.first[i])
  }
}

/** An instance whose properties are accessors; it notes what is set. */
export class Accessors {
  readonly '@id': string
  readonly set: string[] = []
  readonly #values: Record<string, unknown> = {}

  constructor(id: string) {
    this['@id'] = id
  }

  static {
    for (const key of [...keys, '@type', '@list'])
      Object.defineProperty(Accessors.prototype, key, {
        get(this: Accessors) {
          return this.#values[key]
        },
        set(this: Accessors, value: unknown) {
          this.set.push(key)
          this.#values[key] = value
        },
      })
  }
}

/** What a copy or a subject holds, in one form: values as sorted texts, items in order; without what is empty. */
export function held(copy: object | undefined): Record<string, string[]> {
  const all: Record<string, string[]> = {}
  if (copy === undefined) return all
  for (const name of [...keys, '@type', '@list']) {
    const value = Reflect.get(copy, name)
    const values = Array.isArray(value) ? value : value === undefined ? [] : [value]
    if (values.length === 0) continue
    const texts = values.map(text)
    all[name] = name === '@list' ? texts : texts.sort()
  }
  return all
}

function text(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Uint8Array) return `bytes ${value}`
  return canonicalJson(value)
}
