export { isPosition, maxPositionLength } from './position.js'
export { Positions } from './positions.js'
