export { openTabClone } from './open.js'
export type { TabCloneOptions } from './options.js'
