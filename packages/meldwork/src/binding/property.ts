/** A property of an app's object, whatever it is made of. */
export interface Property {
  readonly value: unknown
  /** Whether it is, or may become, a member like those of any JSON object; if not, it is set to undefined and not deleted. */
  readonly plain: boolean
  /** Whether assigning runs a setter. */
  readonly setter: boolean
}

/** Whether an object is an instance of a class, rather than a JSON object. */
export function isInstance(object: object): boolean {
  const prototype = Object.getPrototypeOf(object)
  return prototype !== null && prototype !== Object.prototype
}

/**
 * The property of an object that a property of a subject is kept in.
 * @returns undefined when it is not for data: a method, or an accessor that cannot be both read and set. What comes from elsewhere must not replace the app's
 *   functions
 */
export function propertyOf(object: object, name: string): Property | undefined {
  const descriptor = describe(object, name)
  if (descriptor === undefined) return { value: undefined, plain: !isInstance(object), setter: false }
  const { get, set, value } = descriptor
  if (get !== undefined && set !== undefined) return { value: Reflect.get(object, name), plain: false, setter: true }
  if (get !== undefined || set !== undefined) return undefined
  return typeof value === 'function' ? undefined : { value, plain: !isInstance(object), setter: false }
}

/** Sets it, as an own member whatever its name, or removes it. */
export function setProperty(object: object, name: string, value: unknown, { plain }: Property): void {
  if (value === undefined && plain) Reflect.deleteProperty(object, name)
  // Assigning to this name would do something else.
  else if (name === '__proto__')
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
  else (object as Record<string, unknown>)[name] = value
}

/** The values of those properties that an app's object may keep subjects in. */
export function* valuesOf(object: object): Iterable<unknown> {
  for (const name of Object.keys(object)) yield Reflect.get(object, name)
  for (
    let prototype = Object.getPrototypeOf(object);
    prototype !== null && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    for (const [name, { get, set }] of Object.entries(Object.getOwnPropertyDescriptors(prototype)))
      if (get !== undefined && set !== undefined && name !== '__proto__') yield Reflect.get(object, name)
  }
}

/** Of its own, or inherited from a class. */
function describe(object: object, name: string): PropertyDescriptor | undefined {
  const own = Object.getOwnPropertyDescriptor(object, name)
  if (own !== undefined || !isInstance(object)) return own
  for (
    let prototype = Object.getPrototypeOf(object);
    prototype !== null && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    const inherited = Object.getOwnPropertyDescriptor(prototype, name)
    if (inherited !== undefined) return inherited
  }
  // Methods that every object has.
  return name === '__proto__' ? undefined : Object.getOwnPropertyDescriptor(Object.prototype, name)
}
