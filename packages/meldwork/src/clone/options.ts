import { CodedError } from '../errors.js'
import type { Environment, Store, Transport } from '../ports/index.js'
import type { ContextLoader } from '../rdf/index.js'
import { type Durability, durabilities, type JournalLimits } from '../transaction/index.js'

/** How much history a clone keeps for peers that were away, unless told otherwise. What is older reaches them as state. */
export const defaultHistory: JournalLimits = { operations: 10_000, bytes: 16 * 1024 * 1024 }

/** What a clone is opened with. */
export interface CloneOptions {
  /** The name of the domain: a host name that the app chooses, such as `board.example`; it need not exist. */
  readonly domain: string
  /** Where this clone keeps its data: a store of its own, which `close` closes. */
  readonly store: Store
  /** How it reaches the others; it may serve many clones, and `close` leaves it open. Without one, the clone is alone. */
  readonly transport?: Transport | undefined
  /**
   * Whether this is the first clone of a new domain, which is not outdated for being alone. Ignored when the store has data; clones that
   * meet join, whoever was first.
   */
  readonly genesis?: boolean | undefined
  /** A JSON-LD context that gives the keys of JSON their meaning; without it they are relative to the domain. */
  readonly context?: unknown
  /**
   * Gives the contexts that {@link context} names by their IRI, such as `https://schema.org/`, and those that these name. Called while the clone
   * is opened, and never after: contexts in requests may name what was loaded then. Without it, a context at an IRI is refused.
   */
  readonly contextLoader?: ContextLoader | undefined
  /** How many operations, and bytes of them, are kept for peers that were away. */
  readonly history?: Partial<JournalLimits> | undefined
  /**
   * What a write survives when its promise resolves, unless it says itself: `flushed`, a power cut; `written`, the death of the process; `none`, nothing
   * yet. What comes from others is taken in so, too. `flushed` when it is left out.
   */
  readonly durability?: Durability | undefined
  /** Time and chance: of the platform, unless a test owns them. */
  readonly environment?: Environment | undefined
}

/** How one write is to be kept. */
export interface WriteOptions {
  /** What it survives when its promise resolves; as the clone was opened with, when it is left out. */
  readonly durability?: Durability | undefined
}

/** @throws CodedError `option-invalid` */
export function checkedDurability(options: WriteOptions | undefined): Durability | undefined {
  const durability = options?.durability
  if (durability !== undefined && !durabilities.includes(durability))
    invalid('durability', "'flushed', 'written' or 'none'")
  return durability
}

/** @throws CodedError `option-invalid` for what a program in plain JavaScript may get wrong */
export function checkOptions(options: CloneOptions): void {
  if (typeof options !== 'object' || options === null) invalid('options', 'an object with domain and store')
  if (typeof options.store?.batch !== 'function') invalid('store', 'a store, such as new MemoryStore()')
  if (options.transport !== undefined && typeof options.transport?.join !== 'function')
    invalid('transport', 'a transport, such as new WebSocketTransport(url), or nothing')
  if (options.contextLoader !== undefined && typeof options.contextLoader !== 'function')
    invalid('contextLoader', 'a function from the IRI of a context to a promise of its document, or nothing')
  checkedDurability(options)
  for (const [name, value] of Object.entries(options.history ?? {}))
    if (typeof value !== 'number' || !(value >= 0)) invalid(`history.${name}`, 'a number from 0')
}

function invalid(option: string, expected: string): never {
  throw new CodedError('option-invalid', `The option ${option} must be ${expected}`, { option, expected })
}
