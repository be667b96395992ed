import type { Clone } from '../../src/index.js'
import type { SimulatedClone, SimulatedHistory } from '../../src/testkit/simulated-clone.js'

/** What an app cannot ask for: a checkpoint now, which keeps only so much history. */
export function checkpoint(clone: SimulatedClone, history: SimulatedHistory): Promise<void> {
  // biome-ignore lint/complexity/useLiteralKeys: the way to what is private
  const checkpoints = (clone as Clone)['checkpoints']
  Object.assign(checkpoints, { limits: history })
  return checkpoints.write()
}
