/** The identifier of a document's root, when it has no `_id` of its own. */
export const rootId = '√'
/** The field of an object that says its identifier. */
export const idField = '_id'
/** Fields whose name ends so are kept as objects of their own. */
export const flattenSuffix = '♭'
/** Begins a text that stands where an identifier may stand. */
export const escapePrefix = '!'
/** Begins the identifier of an array descriptor. */
export const descriptorPrefix = '^'
/** The field of an array descriptor with the whole order. */
export const orderField = 'A'
/** The field of an array descriptor with a patch of its parent's order. */
export const patchField = 'a'

export const isFlattened = (key: string): boolean => key.endsWith(flattenSuffix)
export const isDescriptor = (id: string): boolean => id.startsWith(descriptorPrefix)
