import type { Json, Present } from 'meldwork'
import { newName } from './random.js'
import { type KeyValues, readObject } from './storage.js'

/** Somebody who is here. */
export interface Person {
  /** The same in all tabs of one browser. */
  readonly id: string
  readonly name: string
  /** The card that they look at. */
  readonly at: string | undefined
}

const key = 'person'
const maxName = 40
/** The longest replica id that is taken for one. */
const maxReplica = 64

/** Who uses this browser. The name is empty until it has been given. */
export function ownPerson(storage: KeyValues): Person {
  const found = readPerson(readObject(storage, key) as Json)
  if (found !== undefined) return found
  return { id: newName(), name: '', at: undefined }
}

/** Keeps a name. @returns the person with that name */
export function rename(storage: KeyValues, person: Person, name: string): Person {
  const renamed = { ...person, name: tidy(name) }
  storage.setItem(key, JSON.stringify({ id: renamed.id, name: renamed.name }))
  return renamed
}

/**
 * What a person announces to the others.
 * @param replica the id under which their clone writes, once it does: so that the others know whose a change is
 */
export function announcement({ id, name, at }: Person, replica?: string): Json {
  return { id, name, ...(at !== undefined && { at }), ...(replica !== undefined && { replica }) }
}

/** Who writes under which replica id, as far as those present say: their names, or `You` in another tab. */
export function authorsIn(present: readonly Present[], own: Person): Map<string, string> {
  const authors = new Map<string, string>()
  for (const { data } of present) {
    const person = readPerson(data)
    const { replica } = (person === undefined ? {} : data) as { replica?: unknown }
    if (person === undefined || typeof replica !== 'string' || replica.length > maxReplica) continue
    authors.set(replica, person.id === own.id ? 'You' : person.name)
  }
  return authors
}

/** The people among those present, each once, whatever the others may have announced. Clones without a person say nothing. */
export function peopleIn(present: readonly Present[], own: Person): Person[] {
  const people = new Map<string, Person>()
  for (const { data } of present) {
    const person = readPerson(data)
    if (person === undefined || person.id === own.id) continue
    const known = people.get(person.id)
    people.set(person.id, { ...person, at: person.at ?? known?.at })
  }
  return [...people.values()].sort((one, other) => one.name.localeCompare(other.name) || (one.id < other.id ? -1 : 1))
}

/** One or two letters for a small badge. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter(word => word !== '')
  const letters = words.length > 1 ? [words[0], words.at(-1)!] : words
  return letters.map(word => Array.from(word)[0].toLocaleUpperCase()).join('')
}

/** A colour for a name, as an angle in degrees: the same on every page, for those who are here and for those who are named only. */
export function hueOf(name: string): number {
  let hash = 0
  for (const character of name) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x9e3779b1)
  return (hash >>> 16) % 360
}

function readPerson(data: Json | undefined): Person | undefined {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return undefined
  const { id, name, at } = data as Record<string, unknown>
  if (typeof id !== 'string' || id === '' || typeof name !== 'string') return undefined
  const tidied = tidy(name)
  if (tidied === '') return undefined
  return { id, name: tidied, at: typeof at === 'string' ? at : undefined }
}

const tidy = (name: string) => Array.from(name.replace(/\s+/g, ' ').trim()).slice(0, maxName).join('')
