import type { GraphSubject } from '../subject/index.js'
import { ListPatch } from './list-part.js'
import { subjectsIn } from './nested.js'
import { type Property, propertyOf, setProperty } from './property.js'
import { asSubjectUpdates, type SubjectUpdate, type UpdateParts } from './subject-updates.js'
import { idOf } from './value-key.js'
import { type Adopt, asValues, changedLanguageMap, changedValues, copyOf, isLanguageMap, refill } from './values.js'

/** What a copy does not tell by itself. */
export interface UpdateOptions {
  /** The properties that the copy has: others are left out. Without it, it has all. Not for what is nested in it. */
  readonly properties?: readonly string[]
  /**
   * The lists whose items the copy has as arrays under its properties, as reading gives them where the context says that the property's
   * container is a list: by property, the list's `@id`. That another list becomes the value is not followed then.
   */
  readonly lists?: { readonly [property: string]: string }
}

/**
 * Applies one update to an app's own copies of subjects: objects that hold what {@link Clone.get} gave, or instances of the app's classes with the same
 * properties. A copy that has got all updates since it was read, in order, has what the clone shows. One updater changes each
 * object once, however often it is given it, alone or inside others.
 *
 * - Only what changes is assigned, so that setters run for nothing else. What is an array stays the same array, with one value or none too; otherwise one
 *   value stands by itself, and several are an array. A property without values is deleted; from an instance of a class, set to undefined.
 * - Methods, and accessors that lack a getter or a setter, are never replaced, and not assigned to.
 * - Objects with an `@id` and something else, inside a copy, are copies themselves, and updated too. What becomes a reference to one of them is that
 *   object; other references are `{ '@id': ... }`.
 * - Values are compared as terms: a Date is equal to the `xsd:dateTime` that it is written as. What comes is as the update has it.
 *
 * It knows no context: keywords go by their own names. JSON that looks like a language map (under `@type: @json`) is taken for one.
 */
export class SubjectUpdater {
  private readonly updates: ReadonlyMap<string, SubjectUpdate>
  private readonly done = new WeakSet<object>()

  /** @throws CodedError as {@link asSubjectUpdates} does */
  constructor(update: UpdateParts) {
    this.updates = asSubjectUpdates(update)
  }

  /** Whether the update says anything of this subject. */
  affects(id: string): boolean {
    return this.updates.has(id)
  }

  /** All subjects of which the update says anything. */
  get affectedIds(): IterableIterator<string> {
    return this.updates.keys()
  }

  /**
   * Applies the update to a copy, and to what is nested in it.
   * @returns the copy, which has been changed in place
   * @throws CodedError `copy-outdated` when a list in it is not what it was before the update: nothing has been changed
   */
  update<Copy extends { readonly '@id': string }>(copy: Copy, options: UpdateOptions = {}): Copy {
    const { all, nested } = subjectsIn(copy)
    const adopt: Adopt = value => {
      const id = idOf(value)
      return (id !== undefined && nested.get(id)) || copyOf(value)
    }
    const changes: (() => void)[] = []
    for (const subject of all)
      if (!this.done.has(subject)) this.plan(subject, subject === copy ? options : {}, adopt, changes)
    for (const change of changes) change()
    return copy
  }

  /** Checks what is to be done to one object, and adds it to the changes. */
  private plan(subject: object, options: UpdateOptions, adopt: Adopt, changes: (() => void)[]): void {
    const id = idOf(subject)!
    const own = this.updates.get(id)
    const { lists = {}, properties } = options
    for (const name of Object.keys(lists)) {
      const said = this.updates.get(lists[name])
      if (said !== undefined) this.planList(subject, name, lists[name], said, adopt, changes)
    }
    if (own !== undefined) {
      for (const name of new Set([...namesIn(own['@delete']), ...namesIn(own['@insert'])])) {
        if (Object.hasOwn(lists, name) || (properties !== undefined && !properties.includes(name))) continue
        if (name === '@list') this.planList(subject, name, id, own, adopt, changes)
        else changes.push(() => updateValues(subject, name, own, adopt))
      }
    }
    changes.push(() => this.done.add(subject))
  }

  private planList(
    subject: object,
    name: string,
    list: string,
    said: SubjectUpdate,
    adopt: Adopt,
    changes: (() => void)[],
  ): void {
    const patch = new ListPatch(member(said['@delete'], '@list'), member(said['@insert'], '@list'))
    const property = propertyOf(subject, name)
    if (patch.empty || property === undefined) return
    const items = Array.isArray(property.value) ? property.value : [...asValues(property.value)]
    patch.check(list, items)
    changes.push(() => {
      patch.apply(items, adopt)
      if (items !== property.value || property.setter) setProperty(subject, name, items, property)
    })
  }
}

/** {@link SubjectUpdater.update} of one copy. */
export function updateSubject<Copy extends { readonly '@id': string }>(
  copy: Copy,
  update: UpdateParts,
  options?: UpdateOptions,
): Copy {
  return new SubjectUpdater(update).update(copy, options)
}

function updateValues(subject: object, name: string, said: SubjectUpdate, adopt: Adopt): void {
  const property = propertyOf(subject, name)
  if (property === undefined) return
  const deleted = member(said['@delete'], name)
  const inserted = member(said['@insert'], name)
  const { value } = property
  if (isLanguageMap(inserted ?? deleted) && (value === undefined || isLanguageMap(value))) {
    const map = changedLanguageMap(value, deleted, inserted)
    if (map !== value) setProperty(subject, name, map, property)
    return
  }
  const values = changedValues(asValues(value), asValues(deleted), asValues(inserted), adopt)
  if (values === undefined) return
  if (Array.isArray(value)) refillProperty(subject, name, value, values, property)
  // An array of one, in an update, is one under a context that always has an array there.
  else if (values.length > 1 || (values.length === 1 && isArrayOfOne(inserted)))
    setProperty(subject, name, values, property)
  else setProperty(subject, name, values[0], property)
}

function refillProperty(
  subject: object,
  name: string,
  array: unknown[],
  values: readonly unknown[],
  property: Property,
): void {
  refill(array, values)
  // The setter is told; and an accessor may have given a copy of its array.
  if (property.setter) setProperty(subject, name, array, property)
}

function isArrayOfOne(value: unknown): boolean {
  return Array.isArray(value) && value.length === 1
}

function namesIn(subject: GraphSubject | undefined): string[] {
  return subject === undefined ? [] : Object.keys(subject).filter(name => name !== '@id' && name !== '@context')
}

/** An own member: the names come from elsewhere. */
function member(subject: GraphSubject | undefined, name: string): unknown {
  return subject !== undefined && Object.hasOwn(subject, name) ? Reflect.get(subject, name) : undefined
}
