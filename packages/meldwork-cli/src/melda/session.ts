import { CodedError, hasCode } from 'meldwork'
import { Replica, type ReplicaOptions } from 'meldwork/document'
import type { BlockStore } from 'meldwork/ports'
import { note, type Terminal, warn } from '../commands/terminal.js'
import { fullBlockId } from './block-ids.js'
import { isThere, parseBlockUrl } from './block-urls.js'
import { type DocumentOptions, replicaOptions, type SourceOptions, type TargetOptions } from './document-options.js'
import { blocksAt } from './open-blocks.js'

/** A document that is open for as long as a command runs. */
export interface Session {
  readonly replica: Replica
  readonly store: BlockStore
}

/** Opens what is to be read, at the block that is asked for, and closes it whatever happens. Nothing is made, and nothing written. */
export function withSource<Result>(
  options: SourceOptions,
  terminal: Terminal,
  work: (session: Session) => Result | Promise<Result>,
): Promise<Result> {
  return opened(options.source, false, options, terminal, async session => {
    const { replica } = session
    if (options.block !== undefined) await replica.reload({ until: [fullBlockId(replica, options.block)] })
    return work(session)
  })
}

/**
 * Opens what is to be written, and closes it whatever happens.
 * @param create whether a missing place is made
 */
export function withTarget<Result>(
  options: TargetOptions,
  create: boolean,
  terminal: Terminal,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const { target } = options
  const isNew = create && !isThere(parseBlockUrl(target))
  return opened(target, create, options, terminal, session => {
    if (isNew) note(terminal, `${session.replica.location} is new`)
    const { generation } = session.replica
    if (options.generation !== undefined && options.generation !== generation)
      warn(terminal, `${session.replica.location} stays of generation ${generation}: melda migrate writes another`)
    return work(session)
  })
}

async function opened<Result>(
  place: string,
  create: boolean,
  options: DocumentOptions,
  terminal: Terminal,
  work: (session: Session) => Result | Promise<Result>,
): Promise<Result> {
  const store = blocksAt(place, create, terminal)
  const given: ReplicaOptions = replicaOptions(options)
  const replica = await Replica.open(store, given)
  try {
    return await work({ replica, store })
  } catch (error) {
    if (!hasCode(error, 'root-missing')) throw error
    throw new CodedError('root-missing', `${error.message}. ${hintOf(replica)}`, error.facts, error)
  } finally {
    await replica.close()
  }
}

/** Why there may be nothing to read. */
function hintOf(replica: Replica): string {
  const strange = replica.damaged()
  for (const compression of ['flate', 'brotli'])
    if (strange.some(({ name }) => name.endsWith(`.${compression}`)))
      return `Its blocks are compressed: name it as file+${compression}://`
  return 'melda check tells more'
}
