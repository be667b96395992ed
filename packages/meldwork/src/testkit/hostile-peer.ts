import type { Chance } from './chance.js'
export interface HostilePeer {
  act(chance: Chance): void
  leave(): void
}
