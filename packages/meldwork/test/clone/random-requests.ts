/** Random requests and writes over a small world of subjects, so that they often meet. */
import type { Clone, Read } from '../../src/index.js'
import type { Chance } from '../../src/testkit/chance.js'

type Json = Record<string, unknown>

const subjects = ['s0', 's1', 's2', 's3', 's4']
const lists = ['l0', 'l1']
const properties = ['p', 'q', 'r']
const literals = [0, 1, 2, 1.5, 'a', 'b', true, { '@value': 'a', '@language': 'en' }]
const variables = ['?a', '?b', '?c', '?d']

const randomValue = (chance: Chance): unknown =>
  chance.happens(0.4) ? { '@id': chance.pick([...subjects, ...lists]) } : chance.pick(literals)

// --- requests

/** A pattern of one subject. */
function pattern(chance: Chance, depth = 1): Json {
  const subject: Json = {}
  const id = chance.number()
  if (id < 0.65) subject['@id'] = chance.pick(variables)
  else if (id < 0.85) subject['@id'] = chance.pick(subjects)
  const count = chance.whole(1, 2)
  for (let i = 0; i < count; i++) {
    const property = chance.happens(0.12) ? chance.pick(variables) : chance.pick(properties)
    const kind = chance.number()
    if (kind < 0.55) subject[property] = chance.pick(variables)
    else if (kind < 0.7) subject[property] = randomValue(chance)
    else if (kind < 0.8 && depth > 0) subject[property] = pattern(chance, depth - 1)
    else if (kind < 0.9) subject[property] = { '@value': chance.pick(variables), '@gt': chance.whole(0, 1) }
    else subject[property] = [chance.pick(variables), chance.pick(variables)]
  }
  return subject
}

function listPattern(chance: Chance): Json {
  const id = chance.happens(0.5) ? chance.pick(lists) : '?a'
  const key = chance.happens(0.5) ? '?i' : String(chance.whole(0, 2))
  return { '@id': id, '@list': { [key]: chance.happens(0.6) ? '?b' : chance.pick(literals) } }
}

function filter(chance: Chance): unknown {
  const variable = chance.pick(variables)
  switch (chance.whole(0, 4)) {
    case 0:
      return { '@gt': [variable, chance.whole(0, 2)] }
    case 1:
      return { '@neq': [variable, chance.pick(variables)] }
    case 2:
      return { '@not': { '@bound': variable } }
    case 3:
      return { '@in': [variable, 1, 'a', { '@id': 's1' }] }
    default:
      return { [chance.happens(0.5) ? '@exists' : '@notexists']: pattern(chance) }
  }
}

function where(chance: Chance, depth = 2): unknown {
  const parts: unknown[] = [chance.happens(0.1) ? listPattern(chance) : pattern(chance)]
  const more = chance.whole(0, 2)
  for (let i = 0; i < more; i++) {
    const kind = chance.number()
    if (kind < 0.3) parts.push(pattern(chance))
    else if (kind < 0.45 && depth > 0) parts.push({ '@union': [where(chance, depth - 1), where(chance, depth - 1)] })
    else if (kind < 0.55 && depth > 0) parts.push({ '@optional': where(chance, 0) })
    else if (kind < 0.75) parts.push({ '@filter': filter(chance) })
    else if (kind < 0.87)
      parts.push({
        '@bind': { [`?x${i}`]: { '@concat': [{ '@str': chance.pick(variables) }, chance.pick(['', '!'])] } },
      })
    else
      parts.push({ '@values': [{ '?a': chance.pick(literals) as number }, { '?a': { '@id': chance.pick(subjects) } }] })
  }
  return parts.length === 1 ? parts[0] : parts
}

const named = (json: unknown): string[] => [...new Set(JSON.stringify(json).match(/\?[a-z]+[0-9]*/g) ?? [])]

/** A request, which need not be understood: a variable may stand where it has no value. */
export function randomRequest(chance: Chance): Read {
  const kind = chance.number()
  if (kind < 0.12) {
    const template = pattern(chance)
    return { '@construct': template } as unknown as Read
  }
  const matched = where(chance)
  const names = named(matched)
  const request: Json = { '@where': matched }
  if (kind < 0.6) {
    request['@select'] = chance.happens(0.4) || names.length === 0 ? '*' : chance.pick(names)
    const extra = chance.number()
    if (extra < 0.12) request['@distinct'] = true
    else if (extra < 0.3 && names.length > 0) {
      request['@select'] = '*'
      request['@orderBy'] = names.map((name, i) => (i === 0 && chance.happens(0.5) ? { '@desc': name } : name))
      if (chance.happens(0.5)) request['@limit'] = chance.whole(0, 4)
      if (chance.happens(0.3)) request['@offset'] = chance.whole(0, 2)
    } else if (extra < 0.4 && names.length > 0) {
      const by = chance.pick(names)
      request['@select'] = [by, { '?n': { '@count': '*' } }, { '?m': { '@max': chance.pick(names) } }]
      request['@groupBy'] = by
    } else if (extra < 0.46)
      request['@select'] = { '?t': { [chance.happens(0.5) ? '@sum' : '@count']: chance.pick(variables) } }
  } else if (kind < 0.85) {
    const ids = [chance.pick(variables), chance.pick(subjects), chance.pick(lists)]
    request['@describe'] = chance.happens(0.7) || names.length === 0 ? (names[0] ?? 's0') : ids
    if (chance.happens(0.2)) {
      request['@describe'] = ids.slice(1)
      delete request['@where']
    }
    if (chance.happens(0.3)) request['@depth'] = chance.whole(1, 3)
    if (chance.happens(0.15) && '@where' in request && names.length > 0) {
      request['@orderBy'] = names
      if (chance.happens(0.7)) request['@limit'] = chance.whole(1, 3)
      if (chance.happens(0.3)) request['@offset'] = 1
    }
  } else {
    const id = chance.happens(0.8) ? { '@id': names[0] ?? 's0' } : {}
    const template = { ...id, x: names[1] ?? 1, y: { '@id': names[2] ?? 's1', z: names[0] ?? 2 } }
    const other = { '@id': chance.pick(['s0', names.at(-1) ?? 's1']), w: names[0] ?? 3 }
    request['@construct'] = chance.happens(0.3) ? [template, other] : template
  }
  if (chance.happens(0.15)) request['@context'] = { P: 'p', q: { '@type': '@id' }, r: { '@container': '@list' } }
  return request as unknown as Read
}

// --- writes

const subjectOf = (chance: Chance): Json => {
  const subject: Json = { '@id': chance.pick([...subjects, ...lists]) }
  const count = chance.whole(1, 2)
  for (let i = 0; i < count; i++)
    subject[chance.pick(properties)] = chance.happens(0.7)
      ? randomValue(chance)
      : [randomValue(chance), randomValue(chance)]
  return subject
}

/** The part of a clone, or of a draft, that writes. */
type Writer = Pick<Clone, 'write' | 'patch' | 'put' | 'delete'>

/** Writes something, or deletes; what is refused is nothing. */
export function randomWrite(chance: Chance, writer: Writer): void {
  const list = chance.pick(lists)
  const index = String(chance.whole(0, 3))
  const kind = chance.number()
  const ignore = (result: unknown): void => void (result as Promise<unknown> | undefined)?.catch?.(() => {})
  if (kind < 0.25) ignore(writer.write(subjectOf(chance) as never))
  else if (kind < 0.35) ignore(writer.write([subjectOf(chance), subjectOf(chance)] as never))
  else if (kind < 0.55) ignore(writer.patch(subjectOf(chance) as never))
  else if (kind < 0.6) ignore(writer.put(subjectOf(chance) as never))
  else if (kind < 0.65) ignore(writer.delete(chance.pick([...subjects, ...lists])))
  else if (kind < 0.8)
    ignore(writer.write({ '@delete': { '@id': chance.pick(subjects), [chance.pick(properties)]: '?o' } } as never))
  else if (kind < 0.9) ignore(writer.write({ '@id': list, '@list': { [index]: chance.pick(literals) } } as never))
  else if (kind < 0.95) ignore(writer.write({ '@delete': { '@id': list, '@list': { [index]: '?o' } } } as never))
  else
    ignore(
      writer.write({
        '@where': { '@id': list, '@list': { '?i': { '@id': '?s', '@item': chance.pick(literals) } } },
        '@insert': { '@id': list, '@list': { '0': { '@id': '?s', '@item': chance.pick(literals) } } },
      } as never),
    )
}
