import type { Constraint } from '../constraint/index.js'
import type { Environment, Store, StoreDurability, Transport } from '../ports/index.js'
import type { Describe, GraphSubject, Patch, Subject, Write } from '../subject/index.js'

/** What a write survives when its promise resolves: a power cut, the death of the process, or nothing. */
export type SimulatedDurability = StoreDurability | 'none'

/** How one write is to be kept; as its clone keeps all, when it is left out. */
export interface SimulatedWriteOptions {
  readonly durability?: SimulatedDurability
}

/** A place in the history of a store. */
export interface SimulatedCursor {
  readonly life: string
  readonly ticks: number
}

/** A change of what a clone shows. */
export interface SimulatedUpdate {
  readonly '@delete': readonly GraphSubject[]
  readonly '@insert': readonly GraphSubject[]
  readonly '@ticks': number
  readonly trace: { readonly cause: string }
  readonly cursor: SimulatedCursor
}

/** Stands for updates that are missing, with the state to which they led. */
export interface SimulatedGap {
  readonly '@gap': string
  readonly '@ticks': number
  readonly cursor: SimulatedCursor
  read(request: Describe): GraphSubject[]
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
  write(request: Write, options?: SimulatedWriteOptions): Promise<unknown>
  write(procedure: (draft: SimulatedDraft) => Promise<void>, options?: SimulatedWriteOptions): Promise<unknown>
  batch(writes: () => void, options?: SimulatedWriteOptions): Promise<unknown>
  patch(patch: Patch, options?: SimulatedWriteOptions): Promise<unknown>
  put(subject: Subject & { readonly '@id': string }, options?: SimulatedWriteOptions): Promise<unknown>
  delete(id: string, options?: SimulatedWriteOptions): Promise<unknown>
  follow(handler: (update: SimulatedUpdate) => void): () => void
  /** What was missed since `after`, or a gap in its place; then what comes. */
  follow(
    options: { readonly after: SimulatedCursor | undefined },
    handler: (update: SimulatedUpdate | SimulatedGap) => void,
  ): () => void
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
  /** Where there are two networks: all of them, the one above first. */
  readonly transports: readonly Transport[]
  /** Time and chance: whatever takes them from elsewhere makes a history that cannot be run again. */
  readonly environment: Environment
  readonly history: SimulatedHistory
  readonly genesis: boolean
  /** For writes that do not say it themselves, and for what comes from others. Another one at each opening. */
  readonly durability: SimulatedDurability
  /** The rules in force: the same at all clones, none in a history without rules. */
  readonly constraints: readonly Constraint[]
}

/** Opens what is to be simulated. */
export type OpenSimulatedClone = (options: SimulatedCloneOptions) => Promise<SimulatedClone>
