export { latest, listRules } from './latest.js'
export type { Candidate, Rule } from './rule.js'
