import type { Constraint, RuleKind } from '../constraint/index.js'
import { CodedError } from '../errors.js'
import type { Environment, Store, Transport } from '../ports/index.js'
import type { ContextLoader } from '../rdf/index.js'
import { type Durability, durabilities, type JournalLimits } from '../transaction/index.js'

const dayMs = 24 * 60 * 60_000
/** How much history a clone keeps, unless told otherwise: two weeks of holidays, and some more. */
const defaultHistory: JournalLimits = { operations: 10_000, bytes: 16 * 1024 * 1024, ageMs: 30 * dayMs }

/** What a clone is opened with. */
export interface CloneOptions {
  /** The name of the domain: a host name that the app chooses, such as `board.example`; it need not exist. */
  readonly domain: string
  /**
   * Keeps domains of one name apart: any text. Clones of another key, or of none, are not of this domain, though they may be on its channel; the status says
   * when there are such. It is no secret that protects anything, and must be the same at every opening of the store.
   */
  readonly domainKey?: string | undefined
  /** Where this clone keeps its data: a store of its own, which `close` closes. */
  readonly store: Store
  /**
   * How it reaches the others; it may serve many clones, and `close` leaves it open. Without one, the clone is alone.
   *
   * Several (16 at most), such as `[webrtc, mqtt]`: another clone that is on several of them, too, is one clone (`status.others` says by which it is there), and
   * what is written crosses to it once, by the first in this order that works; when that fails, at once by the next. What comes by one of them is forwarded to those who are
   * only on others.
   */
  readonly transport?: Transport | readonly Transport[] | undefined
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
  /**
   * How much history is kept for peers that were away, and for `follow({ after })`: at most so many operations (10,000), so many bytes of them (16 MB), and none that is
   * older (`ageMs`: 30 days), by the time that it carries. What is beyond is deleted in the background: some minutes later (an eighth of `ageMs`, if that is
   * less); what was written since the last checkpoint, up to about an hour after that. What is older reaches peers as state, and followers as a gap.
   */
  readonly history?: Partial<JournalLimits> | undefined
  /**
   * Under which replica id the clone writes. `fresh`, unless told otherwise: a new one after each opening of the store, so that no copy or backup of it can use one twice. An id
   * costs every clone of the domain about a dozen bytes, for ever.
   *
   * `stable` uses one again at the next opening: for a server that is restarted ten thousand times, and vouches for its store. **The danger**: when the folder is copied and
   * both are opened, or a backup is restored, two histories go on under one id. Clones notice when they meet (`status.forks`), give the id up and make their
   * operations again; but until then the two show different data under the same names, and what one of them made and has no more in its journal may be lost. The
   * store must keep what it has said to be durable: give it a disk that does. Its writes are flushed before they leave, whatever `durability` says.
   */
  readonly identity?: 'fresh' | 'stable' | undefined
  /**
   * What a write survives when its promise resolves, unless it says itself: `flushed`, a power cut; `written`, the death of the process; `none`, nothing
   * yet. What comes from others is taken in so, too. `flushed` when it is left out.
   */
  readonly durability?: Durability | undefined
  /**
   * Rules that are in force here, beside those that are data in the domain: for those that every build of the app has. `docs/rules.md` tells which there are. Every clone
   * should have the same: the status says when others have not.
   */
  readonly constraints?: readonly Constraint[] | undefined
  /** The app's own code: types of rules, by the IRI under which declarations name them. */
  readonly extensions?: readonly RuleKind[] | undefined
  /** Time and chance: of the platform, unless a test owns them. */
  readonly environment?: Environment | undefined
}

/** The limits of a clone's journal. */
export function historyOf({ history = {} }: CloneOptions): JournalLimits {
  const { operations, bytes, ageMs } = defaultHistory
  return {
    operations: history.operations ?? operations,
    bytes: history.bytes ?? bytes,
    ageMs: history.ageMs ?? ageMs,
  }
}

const maxTransports = 16

/** The transports that a clone is opened with, in the app's order. */
export function transportsOf({ transport = [] }: CloneOptions): readonly Transport[] {
  return Array.isArray(transport) ? transport : [transport as Transport]
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
  if (options.domainKey !== undefined && (typeof options.domainKey !== 'string' || options.domainKey === ''))
    invalid('domainKey', 'a text, or nothing')
  const transports = transportsOf(options)
  if (
    transports.some(transport => typeof transport?.join !== 'function' || Array.isArray(transport)) ||
    transports.length > maxTransports ||
    new Set(transports).size < transports.length
  )
    invalid('transport', `a transport, an array of at most ${maxTransports}, each once, or nothing`)
  if (options.identity !== undefined && options.identity !== 'fresh' && options.identity !== 'stable')
    invalid('identity', '"fresh" or "stable", or nothing')
  if (options.contextLoader !== undefined && typeof options.contextLoader !== 'function')
    invalid('contextLoader', 'a function from the IRI of a context to a promise of its document, or nothing')
  for (const name of ['constraints', 'extensions'] as const)
    if (options[name] !== undefined && !Array.isArray(options[name])) invalid(name, 'an array, or nothing')
  checkedDurability(options)
  for (const [name, value] of Object.entries(options.history ?? {}))
    if (value !== undefined && (typeof value !== 'number' || !(value >= 0)))
      invalid(`history.${name}`, 'a number from 0')
}

/** @internal @throws CodedError `option-invalid` */
export function invalid(option: string, expected: string): never {
  throw new CodedError('option-invalid', `The option ${option} must be ${expected}`, { option, expected })
}
