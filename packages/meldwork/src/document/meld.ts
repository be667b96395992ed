import { CodedError, hasCode } from '../errors.js'
import type { BlockStore } from '../ports/index.js'
import { blockHash } from './block-name.js'
import { blockIndex, compareBlockIds, decodeDelta } from './delta.js'
import { generationOf } from './document.js'
import type { Generation } from './generation.js'
import { fileKind, type Library } from './library.js'
import { decodePack } from './pack.js'
import { inParallel } from './parallel.js'

/** So many files are copied at a time. */
const copiers = 8

interface Candidate {
  readonly name: string
  readonly digest: string
}

/**
 * Copies the files of another store that a library lacks, or has damaged: packs first, then blocks with those that they follow first, then signatures and the like of blocks that
 * are here. Each is checked before: what is damaged there is not copied. Bytes are kept as they are.
 * @param generation of the blocks that are here; undefined: any
 * @returns the names of what was copied, sorted
 * @throws CodedError `generation-mismatch`: nothing was copied; `store-failed`
 */
export async function copyMissing(
  from: BlockStore,
  to: Library,
  generation: Generation | undefined,
): Promise<string[]> {
  const packs: Candidate[] = []
  const deltas: (Candidate & { readonly id: string })[] = []
  const companions: string[] = []
  for (const name of await from.list()) {
    if (to.has(name)) continue
    const file = fileKind(name)
    if (file.kind === 'pack') packs.push({ name, digest: file.digest })
    else if (file.kind === 'delta') deltas.push({ name, digest: file.digest, id: file.id })
    else if (file.kind === 'companion') companions.push(name)
  }
  deltas.sort((a, b) => compareBlockIds(a.id, b.id))
  const wanted = await ofOneGeneration(from, deltas, generation)
  const copied: string[] = []
  const copy = async (name: string, bytes: Uint8Array): Promise<void> => {
    if (await to.store.write(name, bytes, to.isDamaged(name) ? 'replace' : 'create')) copied.push(name)
  }
  await inParallel(packs, copiers, async ({ name, digest }) => {
    const bytes = await whole(from, name, digest)
    if (bytes && isSound(() => decodePack(bytes))) await copy(name, bytes)
  })
  await inParallel(wanted, copiers, async ({ name, digest }) => {
    const bytes = await whole(from, name, digest)
    if (bytes && isSound(() => decodeDelta(bytes))) await copy(name, bytes)
  })
  const there = new Set([...to.names(), ...copied])
  await inParallel(companions, copiers, async name => {
    const block = name.endsWith('.index') ? name.replace(/index$/, 'pack') : name.slice(0, name.indexOf('.delta') + 6)
    if (!there.has(block)) return
    const bytes = await from.read(name)
    if (bytes) await copy(name, bytes)
  })
  return copied.sort()
}

/** Of the blocks, those that count in their store; all of the generation that is wanted. */
async function ofOneGeneration<Block extends Candidate & { readonly id: string }>(
  from: BlockStore,
  blocks: readonly Block[],
  expected: Generation | undefined,
): Promise<readonly Block[]> {
  const numbered = blocks.filter(({ id }) => blockIndex(id) > 0)
  // Where both kinds are, those of D count: as when such a store is opened.
  const counting = numbered.length > 0 ? numbered : blocks
  if (expected === undefined || counting.length === 0) return counting
  let found: Generation | undefined = numbered.length > 0 ? 'D' : undefined
  for (const { name, id, digest } of counting) {
    if (found !== undefined) break
    const bytes = await whole(from, name, digest)
    if (bytes) isSound(() => (found = generationOf(id, decodeDelta(bytes))))
  }
  // What tells nothing of itself, not even a list, goes with all but D.
  found ??= expected === 'D' ? 'B' : expected
  if (found === expected) return counting
  throw new CodedError(
    'generation-mismatch',
    `${from.location} holds blocks of generation ${found}, not ${expected}: bring it to that with melda migrate, then meld`,
    { location: from.location, expected, found },
  )
}

async function whole(store: BlockStore, name: string, digest: string): Promise<Uint8Array | undefined> {
  try {
    const bytes = await store.read(name)
    return bytes && blockHash(bytes) === digest ? bytes : undefined
  } catch (error) {
    if (hasCode(error, 'data-malformed')) return undefined
    throw error
  }
}

function isSound(decode: () => unknown): boolean {
  try {
    decode()
    return true
  } catch (error) {
    if (hasCode(error, 'block-malformed')) return false
    throw error
  }
}
