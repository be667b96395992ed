export type { Candidate, Rule } from './rule.js'
