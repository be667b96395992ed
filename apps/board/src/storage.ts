/** What this page keeps in the browser beside the board itself. */
export type KeyValues = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> & { keys(): string[] }

/** All names begin with this: other pages of the origin have theirs. */
const prefix = 'meldwork-board:'

/** The browser's storage under this page's prefix, or one that forgets, where the browser keeps nothing for us. */
export function keyValues(open: () => Storage): KeyValues {
  let storage: Storage
  try {
    storage = open()
    storage.getItem(prefix)
  } catch {
    return forgetful()
  }
  return {
    getItem: key => storage.getItem(prefix + key),
    // A full storage: what is kept here can be done without.
    setItem: (key, value) => attempt(() => storage.setItem(prefix + key, value)),
    removeItem: key => storage.removeItem(prefix + key),
    keys: () =>
      Object.keys(storage)
        .filter(key => key.startsWith(prefix))
        .map(key => key.slice(prefix.length)),
  }
}

/** A storage that lasts as long as the page. */
export function forgetful(): KeyValues {
  const values = new Map<string, string>()
  return {
    getItem: key => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: key => void values.delete(key),
    keys: () => [...values.keys()],
  }
}

/** The JSON object under a key; an empty one when there is none, or something else. */
export function readObject(storage: KeyValues, key: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(storage.getItem(key) ?? '{}')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function attempt(action: () => void): void {
  try {
    action()
  } catch (error) {
    console.warn('The browser did not keep something', error)
  }
}
