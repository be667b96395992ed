import { createHash } from 'node:crypto'
import { jwtAuthenticator, nkeys } from '@nats-io/nats-core'

/** An operator, an account and its users, whose time can be over: what `nsc` makes. */
export class NatsOperator {
  private readonly operator = nkeys.createOperator()
  private readonly account = nkeys.createAccount()

  /** Lines of a server's configuration. */
  get config(): string {
    const operator = this.operator.getPublicKey()
    const account = this.account.getPublicKey()
    const operatorJwt = signed(this.operator, operator, 'operator', {})
    const limits = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 }
    const accountJwt = signed(this.operator, account, 'account', { limits })
    return `operator: ${operatorJwt}\nresolver: MEMORY\nresolver_preload: { ${account}: ${accountJwt} }`
  }

  /** Credentials of a new user. @param seconds for how long */
  userFor(seconds: number) {
    const user = nkeys.createUser()
    const expires = Math.floor(Date.now() / 1000) + seconds
    const jwt = signed(this.account, user.getPublicKey(), 'user', { subs: -1, data: -1, payload: -1 }, expires)
    return { authenticator: jwtAuthenticator(jwt, user.getSeed()) }
  }
}

function signed(by: ReturnType<typeof nkeys.createUser>, subject: string, type: string, nats: object, exp?: number) {
  const claims = {
    iat: Math.floor(Date.now() / 1000),
    iss: by.getPublicKey(),
    name: type,
    sub: subject,
    ...(exp !== undefined && { exp }),
    nats: { ...nats, type, version: 2 },
  }
  const jti = createHash('sha256').update(JSON.stringify(claims)).digest('base64url')
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${encode({ typ: 'JWT', alg: 'ed25519-nkey' })}.${encode({ jti, ...claims })}`
  return `${text}.${Buffer.from(by.sign(new TextEncoder().encode(text))).toString('base64url')}`
}
