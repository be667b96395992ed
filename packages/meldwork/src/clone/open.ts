import type { Rule } from '../constraint/index.js'
import { platformEnvironment } from '../ports/index.js'
import { Context, IriSpace, loadContexts } from '../rdf/index.js'
import { CheckedStore, recover } from '../transaction/index.js'
import { Clone } from './clone.js'
import { type CloneOptions, checkOptions } from './options.js'

/**
 * Opens a clone of a domain: loads what its store has, and joins the others as soon as the transport reaches them. It never waits for
 * the network; `status` tells how it goes.
 * @throws CodedError `option-invalid`, `domain-invalid`, `context-invalid`; `store-locked`, `store-failed`, `store-domain`,
 *   `store-format`, `store-corrupt`. The store is closed then
 */
export async function openClone(options: CloneOptions): Promise<Clone> {
  return openRuledClone(options, [])
}

/** {@link openClone} with rules: the seam on which declared rules will stand. */
export async function openRuledClone(options: CloneOptions, rules: readonly Rule[]): Promise<Clone> {
  checkOptions(options)
  const iris = new IriSpace(options.domain)
  const context = await contextOf(options, iris)
  const environment = options.environment ?? platformEnvironment
  const store = new CheckedStore(options.store)
  await store.open()
  try {
    return new Clone({ ...options, store }, context, environment, rules, await recover(store, iris, environment))
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
