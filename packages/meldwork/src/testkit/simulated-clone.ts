import type { Constraint } from '../constraint/index.js'
import type { Environment, Store, Transport } from '../ports/index.js'
import type { Describe, GraphSubject, Patch, Subject, Write } from '../subject/index.js'

/** A change of what a clone shows. */
export interface SimulatedUpdate {
  readonly '@delete': readonly GraphSubject[]
  readonly '@insert': readonly GraphSubject[]
  readonly '@ticks': number
  readonly trace: { readonly cause: string }
}

/** What a status must show for a simulation to judge it. */
export interface SimulatedStatus {
  readonly online: boolean
  readonly outdated: boolean
  readonly ticks: number
  readonly unsent: number
  readonly undurable: number
  readonly waiting: { readonly count: number }
  readonly divergence: string | undefined
  readonly forks: number
  readonly refused: Readonly<Record<string, number>>
  readonly storage: unknown
}

/** What a simulation does with a draft. */
export interface SimulatedDraft {
  get(id: string): GraphSubject | undefined
  write(request: Write): unknown
  delete(id: string): void
}

/** Whatever has the interface of a clone can be simulated: what `openClone` gives has it, and so has a part of an app around it. */
export interface SimulatedClone {
  readonly status: { readonly value: SimulatedStatus }
  get(id: string): GraphSubject | undefined
  read(request: Describe): GraphSubject[]
  write(request: Write): Promise<unknown>
  write(procedure: (draft: SimulatedDraft) => Promise<void>): Promise<unknown>
  batch(writes: () => void): Promise<unknown>
  patch(patch: Patch): Promise<unknown>
  put(subject: Subject & { readonly '@id': string }): Promise<unknown>
  delete(id: string): Promise<unknown>
  follow(handler: (update: SimulatedUpdate) => void): () => void
  flushed(): Promise<void>
  stats(): { readonly digest: string; readonly heads: number }
  close(): Promise<void>
}

/** How much history a clone is to keep for others. */
export interface SimulatedHistory {
  readonly operations: number
  readonly bytes: number
}

/** What a clone is opened with. */
export interface SimulatedCloneOptions {
  readonly domain: string
  /** Closed. Its `location` names the disk. */
  readonly store: Store
  readonly transport: Transport
  /** Time and chance: whatever takes them from elsewhere makes a history that cannot be run again. */
  readonly environment: Environment
  readonly history: SimulatedHistory
  readonly genesis: boolean
  /** The rules in force: the same at all clones, none in a history without rules. */
  readonly constraints: readonly Constraint[]
}

/** Opens what is to be simulated. */
export type OpenSimulatedClone = (options: SimulatedCloneOptions) => Promise<SimulatedClone>
