import { hexadecimal, Reader, sha256Of } from '../codec/index.js'

/** Where the clones of one domain meet. */
export interface DomainChannel {
  /** For transports: opaque, so that one that does not know the domain's name does not learn it. 32 characters. */
  readonly name: string
  /** Stands in every message, so that one of another domain is noticed, and one of this name under another key. */
  readonly check: number
}

/**
 * The channel of a domain.
 * @param key tells domains of one name apart. They meet on one channel, and take nothing from each other
 */
export function channelOf(domain: string, key?: string): DomainChannel {
  const digest = sha256Of(`meldwork channel 1\n${domain}\n`)
  const keyed = key === undefined ? digest : sha256Of(`meldwork domain key 1\n${domain}\n${key}\n`)
  return { name: hexadecimal(digest.subarray(0, 16)), check: new Reader(keyed, 'digest', 16).uint32() }
}
