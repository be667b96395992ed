export { allQuads } from './quads.js'
export { Reads } from './read.js'
export { type Bindings, solve } from './solve.js'
