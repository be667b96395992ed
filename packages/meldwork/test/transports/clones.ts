/** The clones of the acceptance suite of transports. */
import { openClone } from '../../src/index.js'
import { MemoryStore } from '../../src/stores/memory.js'
import type { SuiteCloneOptions } from '../../src/testkit/transport-suite.js'

export const openSuiteClone = (options: SuiteCloneOptions) => openClone({ ...options, store: new MemoryStore() })
