import type { Rule } from '../constraint/index.js'
import { platformEnvironment, type Transport } from '../ports/index.js'
import { Context, IriSpace, loadContexts, type TermTable } from '../rdf/index.js'
import { channelOf } from '../sync/index.js'
import { CheckedStore, recover } from '../transaction/index.js'
import { Clone } from './clone.js'
import type { Keeping } from './connection.js'
import { type CloneOptions, checkOptions, transportsOf } from './options.js'

/**
 * Opens a clone of a domain: loads what its store has, and joins the others as soon as the transport reaches them. It never waits for
 * the network; `status` tells how it goes.
 * @throws CodedError `option-invalid`, `domain-invalid`, `context-invalid`; `store-locked`, `store-failed`, `store-domain`,
 *   `store-format`, `store-corrupt`. The store is closed then
 */
export async function openClone(options: CloneOptions): Promise<Clone> {
  return openCloneWith(options, {})
}

/** What only other parts of this package ask for, beside the options. */
export interface OpenParts {
  /** In force beside those that are declared. */
  readonly rules?: (terms: TermTable) => readonly Rule[]
  /** Instead of those of the options. */
  readonly transports?: readonly Transport[]
  readonly keeping?: Keeping
  /** Called when the clone has been closed, and its store: `close` waits for it. @param erase whether the data was to go, too */
  readonly closed?: ((erase: boolean) => Promise<void>) | undefined
}

const ordinary: Keeping = { needsKeeper: false }

/** {@link openClone}, with what an app cannot ask for. */
export async function openCloneWith(options: CloneOptions, parts: OpenParts): Promise<Clone> {
  checkOptions(options)
  const iris = new IriSpace(options.domain)
  const context = await contextOf(options, iris)
  const environment = options.environment ?? platformEnvironment
  const channel = channelOf(options.domain, options.domainKey)
  const { rules = () => [], transports = transportsOf(options), keeping = ordinary, closed } = parts
  const store = new CheckedStore(options.store)
  await store.open()
  try {
    const recovered = await recover(
      store,
      iris,
      environment,
      options.domainKey === undefined ? undefined : channel.check,
    )
    const parts = { context, channel, environment, rules, recovered, transports, keeping, closed }
    return new Clone({ ...options, store }, parts)
  } catch (error) {
    await store.close()
    throw error
  }
}

async function contextOf(options: CloneOptions, iris: IriSpace): Promise<Context> {
  const { context, contextLoader } = options
  if (context === undefined) return Context.of(iris)
  const documents = contextLoader && (await loadContexts(context, iris, contextLoader, '$.context'))
  return Context.of(iris, documents).extend(context, '$.context')
}
