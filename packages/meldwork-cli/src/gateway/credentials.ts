import { createHash, timingSafeEqual } from 'node:crypto'

/** One secret, compared in a time that tells nothing about it. */
export class Credentials {
  private readonly digest: Buffer | undefined

  /** @param token empty when none is asked for */
  constructor(token: string) {
    this.digest = token === '' ? undefined : sha256(token)
  }

  /** Whether a token is asked for. */
  get required(): boolean {
    return this.digest !== undefined
  }

  /** Whether this is the token, or none is asked for. */
  accept(token: string | undefined): boolean {
    if (this.digest === undefined) return true
    // Digests have one length, whatever the lengths of the tokens.
    return token !== undefined && timingSafeEqual(this.digest, sha256(token))
  }

  /** As {@link accept}, for an `Authorization: Bearer` header. */
  acceptHeader(authorization: string | undefined): boolean {
    return this.accept(/^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1])
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()
