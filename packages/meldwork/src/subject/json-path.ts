import { CodedError } from '../errors.js'
import { memberPath } from '../rdf/index.js'

/** How deeply objects and arrays may be nested: what goes deeper is taken for a cycle. */
export const maxDepth = 128

/**
 * Where in the caller's JSON a reader stands. Kept as a stack that costs one store a step, and made into text only for an error.
 */
export class JsonPath {
  private root = '$'
  private readonly members: (string | number)[] = []
  private depth = 0

  /** Begins anew: an error may have left it anywhere. */
  start(root: string): void {
    this.root = root
    this.depth = 0
  }

  /** Goes into a member; {@link at} says which. @throws `value-invalid` when that is too deep */
  enter(): void {
    if (this.depth >= maxDepth)
      this.failValue(`at most ${maxDepth} objects and arrays inside one another, and no cycle`)
    this.members[this.depth++] = ''
  }

  /** The member that is read now, of what was entered last. */
  at(member: string | number): void {
    this.members[this.depth - 1] = member
  }

  leave(): void {
    this.depth--
  }

  toString(): string {
    let path = this.root
    for (let i = 0; i < this.depth; i++) path = memberPath(path, this.members[i])
    return path
  }

  /** @throws always, `value-invalid` */
  failValue(expected: string): never {
    const path = this.toString()
    throw new CodedError('value-invalid', `The value at ${path} is not usable: expected ${expected}`, {
      path,
      expected,
    })
  }

  /** @throws always, `pattern-invalid` */
  failPattern(expected: string): never {
    const path = this.toString()
    throw new CodedError('pattern-invalid', `Expected ${expected} at ${path}`, { path, expected })
  }

  /** @throws always, `pattern-unsupported` */
  failUnsupported(keyword: string, instead = ''): never {
    const path = this.toString()
    const hint = instead === '' ? '' : `: ${instead}`
    throw new CodedError('pattern-unsupported', `${keyword} is not supported at ${path}${hint}`, { keyword, path })
  }
}
