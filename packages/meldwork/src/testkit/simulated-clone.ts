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
}

/** Whatever has the interface of a clone can be simulated. */
export interface SimulatedClone {
  readonly status: { readonly value: SimulatedStatus }
  get(id: string): GraphSubject | undefined
  read(request: Describe): GraphSubject[]
  write(request: Write): Promise<unknown>
  patch(patch: Patch): Promise<unknown>
  put(subject: Subject & { readonly '@id': string }): Promise<unknown>
  delete(id: string): Promise<unknown>
  follow(handler: (update: SimulatedUpdate) => void): () => void
  flushed(): Promise<void>
  stats(): { readonly digest: string }
  close(): Promise<void>
}

/** What a clone is opened with. */
export interface SimulatedCloneOptions {
  readonly domain: string
  readonly store: Store
  readonly transport: Transport
  readonly environment: Environment
  readonly history: { readonly operations: number; readonly bytes: number }
  readonly genesis: boolean
}

/** Opens what is to be simulated. */
export type OpenSimulatedClone = (options: SimulatedCloneOptions) => Promise<SimulatedClone>
