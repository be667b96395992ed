import { hexadecimal, Reader, sha256Of } from '../codec/index.js'

/** Where the clones of one domain meet. */
export interface DomainChannel {
  /** For transports: opaque, so that one that does not know the domain's name does not learn it. 32 characters. */
  readonly name: string
  /** Stands in every message, so that one that strays from another domain is noticed. */
  readonly check: number
}

/** The channel of a domain. */
export function channelOf(domain: string): DomainChannel {
  const digest = sha256Of(`meldwork channel 1\n${domain}\n`)
  return { name: hexadecimal(digest.subarray(0, 16)), check: new Reader(digest, 'digest', 16).uint32() }
}
