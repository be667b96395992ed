import type { Environment } from '../ports/index.js'

const most = 64
const perSecond = 8

/** How much one peer may ask for by signals: some at once, and then a few a second. (What is needed is an offer or an answer, and a binding.) */
export class Allowance {
  private readonly environment: Environment
  private left = most
  private countedMs: number

  constructor(environment: Environment) {
    this.environment = environment
    this.countedMs = environment.now()
  }

  /** @returns whether there was as much left */
  take(cost: number): boolean {
    const now = this.environment.now()
    this.left = Math.min(most, this.left + (Math.max(0, now - this.countedMs) / 1000) * perSecond)
    this.countedMs = now
    if (this.left < cost) return false
    this.left -= cost
    return true
  }
}
