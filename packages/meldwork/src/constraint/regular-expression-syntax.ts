/** Why a text is no pattern that can be used: its message goes on from "it". */
export class UnusablePattern extends Error {}

/** What one character may be, by its code point. */
export type CharacterTest = (codePoint: number) => boolean

/** A place between two characters. */
export type Assertion = 'start' | 'end' | 'word' | 'not-word'

/** A pattern, as a tree. */
export type PatternNode =
  | { readonly type: 'character'; readonly test: CharacterTest }
  | { readonly type: 'assertion'; readonly assertion: Assertion }
  | { readonly type: 'sequence' | 'choice'; readonly of: readonly PatternNode[] }
  | { readonly type: 'repeat'; readonly of: PatternNode; readonly least: number; readonly most: number }

/** How deeply groups may stand in one another. */
const mostGroups = 50
/** In UTF-16 code units. */
const mostLength = 2000

const refuse = (reason: string): never => {
  throw new UnusablePattern(reason)
}

/** What ends a line. */
export const endsLine: CharacterTest = code => code === 10 || code === 13 || code === 0x2028 || code === 0x2029

/**
 * Characters as one class of a native regular expression says, which takes a bounded time for one character. ASCII is asked once.
 * @param source of one class, in the mode of Unicode
 */
export function characterTest(source: string, ignoreCase: boolean): CharacterTest {
  let native: RegExp
  try {
    native = new RegExp(`^${source}$`, ignoreCase ? 'iu' : 'u')
  } catch {
    return refuse(`has a class that is not known: ${source}`)
  }
  const suits: CharacterTest = code => native.test(String.fromCodePoint(code))
  const ascii: (boolean | undefined)[] = new Array(128).fill(undefined)
  return code => {
    if (code >= 128) return suits(code)
    ascii[code] ??= suits(code)
    return ascii[code]
  }
}

/**
 * Reads a pattern: characters, `.`, classes, escapes, groups, alternatives, repetitions, `^`, `$`, `\b`, as regular expressions of JavaScript mean them in the mode
 * of Unicode (flag `u`); of which those of XPath and SHACL are nearly a part. Flags: `i`, `s`, `m`, and XPath's `x` (white space means nothing) and `q` (nothing
 * means anything).
 * @throws UnusablePattern for what is none, for what cannot be matched in linear time (back-references, look-around), and what is too large
 */
export function parsePattern(pattern: string, flags: string): PatternNode {
  const unknown = /[^ismxqu]/.exec(flags)
  if (unknown !== null) refuse(`has the flag ${unknown[0]}, which is not known: there are i, s, m, x and q`)
  if (pattern.length > mostLength) refuse(`is longer than ${mostLength} characters`)
  const ignoreCase = flags.includes('i')
  if (flags.includes('q')) return { type: 'sequence', of: Array.from(pattern, text => literal(text, ignoreCase)) }
  const characters = Array.from(flags.includes('x') ? withoutSpace(pattern) : pattern)
  return new PatternParser(characters, ignoreCase, flags.includes('s')).parse()
}

/** White space is left out, but for that in classes. */
const withoutSpace = (pattern: string): string =>
  pattern.replace(/(\\.|\[(?:\\.|[^\]\\])*\])|[ \t\n\r]+/gs, (_, kept: string | undefined) => kept ?? '')

function literal(text: string, ignoreCase: boolean): PatternNode {
  const wanted = text.codePointAt(0)!
  const test = ignoreCase ? characterTest(spelledCharacter(wanted), true) : (code: number) => code === wanted
  return { type: 'character', test }
}

const spelledCharacter = (code: number): string => `\\u{${code.toString(16)}}`

const controls: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11 }
const syntax = '^$\\.*+?()[]{}|/-'

class PatternParser {
  private readonly characters: readonly string[]
  private readonly ignoreCase: boolean
  private readonly dot: CharacterTest
  private at = 0
  private depth = 0

  constructor(characters: readonly string[], ignoreCase: boolean, dotIsAll: boolean) {
    this.characters = characters
    this.ignoreCase = ignoreCase
    this.dot = dotIsAll ? () => true : code => !endsLine(code)
  }

  parse(): PatternNode {
    const node = this.choice()
    if (this.at < this.characters.length) refuse('closes a group that it has not opened: write \\) for the character')
    return node
  }

  private get next(): string | undefined {
    return this.characters[this.at]
  }

  /** Whether this comes next; then it is behind. */
  private take(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.characters[this.at + i] !== text[i]) return false
    this.at += text.length
    return true
  }

  private choice(): PatternNode {
    const of = [this.sequence()]
    while (this.take('|')) of.push(this.sequence())
    return of.length === 1 ? of[0] : { type: 'choice', of }
  }

  private sequence(): PatternNode {
    const of: PatternNode[] = []
    while (this.next !== undefined && this.next !== '|' && this.next !== ')') of.push(this.repetition(this.atom()))
    return { type: 'sequence', of }
  }

  private repetition(of: PatternNode): PatternNode {
    const bounds = this.bounds()
    if (bounds === undefined) return of
    if (of.type === 'assertion') refuse('repeats what has no characters')
    // What is matched does not depend on whether it is tried with less or more first.
    this.take('?')
    return { type: 'repeat', of, least: bounds[0], most: bounds[1] }
  }

  private bounds(): readonly [least: number, most: number] | undefined {
    if (this.take('*')) return [0, Number.POSITIVE_INFINITY]
    if (this.take('+')) return [1, Number.POSITIVE_INFINITY]
    if (this.take('?')) return [0, 1]
    if (!this.take('{')) return undefined
    const least = this.number()
    const most = !this.take(',') ? least : this.next === '}' ? Number.POSITIVE_INFINITY : this.number()
    if (!this.take('}')) refuse('has a { that is no repetition: write \\{ for the character')
    if (most < least) refuse(`repeats at least ${least} times and at most ${most} times`)
    return [least, most]
  }

  private number(): number {
    let digits = ''
    while (this.next !== undefined && /^[0-9]$/.test(this.next)) digits += this.characters[this.at++]
    return digits === '' ? refuse('has a { that is no repetition: write \\{ for the character') : Number(digits)
  }

  private atom(): PatternNode {
    const character = this.characters[this.at++]
    switch (character) {
      case '(':
        return this.group()
      case '[':
        return this.class()
      case '.':
        return { type: 'character', test: this.dot }
      case '^':
        return { type: 'assertion', assertion: 'start' }
      case '$':
        return { type: 'assertion', assertion: 'end' }
      case '\\':
        return this.escape()
      case '*':
      case '+':
      case '?':
      case '{':
        return refuse(`has a ${character} with nothing to repeat: write \\${character} for the character`)
      case ']':
      case '}':
        return refuse(`has a ${character} that closes nothing: write \\${character} for the character`)
      default:
        return literal(character, this.ignoreCase)
    }
  }

  private group(): PatternNode {
    if (['?=', '?!', '?<=', '?<!'].some(start => this.take(start)))
      refuse('looks around, which cannot be matched in linear time')
    if (this.take('?<')) while (this.next !== undefined && this.characters[this.at++] !== '>');
    else if (!this.take('?:') && this.next === '?') refuse('has a group of a sort that is not known')
    if (++this.depth > mostGroups) refuse(`has more than ${mostGroups} groups in one another`)
    const node = this.choice()
    this.depth--
    if (!this.take(')')) refuse('does not close a group: write \\( for the character')
    return node
  }

  private escape(): PatternNode {
    if (this.take('b')) return { type: 'assertion', assertion: 'word' }
    if (this.take('B')) return { type: 'assertion', assertion: 'not-word' }
    const escaped = this.escaped()
    if (typeof escaped === 'number') return literal(String.fromCodePoint(escaped), this.ignoreCase)
    return { type: 'character', test: characterTest(escaped, this.ignoreCase) }
  }

  /** What stands behind a backslash, in a class or outside: a code point, or a class as it is spelled. */
  private escaped(): number | string {
    const character = this.characters[this.at++]
    if (character === undefined) return refuse('ends with a \\')
    if ('dDwWsS'.includes(character)) return `\\${character}`
    if (character === 'p' || character === 'P') return `\\${character}{${this.braced('[A-Za-z0-9_=]')}}`
    if (character === 'x') return this.hexadecimal(2)
    if (character === 'u') return this.next === '{' ? codePoint(this.braced('[0-9A-Fa-f]')) : this.hexadecimal(4)
    if (character === '0' && !/^[0-9]$/.test(this.next ?? '')) return 0
    if (/^[0-9k]$/.test(character)) refuse('refers back to a group, which cannot be matched in linear time')
    const control = controls[character]
    if (control !== undefined) return control
    if (syntax.includes(character)) return character.charCodeAt(0)
    return refuse(`has \\${character}, which is not known`)
  }

  private braced(allowed: string): string {
    const end = this.characters.indexOf('}', this.at)
    const text = this.characters.slice(this.at + 1, Math.max(end, 0)).join('')
    if (this.next !== '{' || !new RegExp(`^${allowed}+$`).test(text)) refuse('has an escape without its {...}')
    this.at = end + 1
    return text
  }

  private hexadecimal(digits: number): number {
    const text = this.characters.slice(this.at, this.at + digits).join('')
    if (!/^[0-9A-Fa-f]+$/.test(text) || text.length < digits) refuse(`has an escape without its ${digits} digits`)
    this.at += digits
    return codePoint(text)
  }

  private class(): PatternNode {
    let source = this.take('^') ? '[^' : '['
    if (this.next === ']') refuse('has an empty class')
    while (!this.take(']')) {
      const first = this.member()
      const isRange = this.next === '-' && this.characters[this.at + 1] !== ']'
      if (!isRange) source += spelledMember(first)
      else {
        this.at++
        const last = this.member()
        if (typeof first === 'string' || typeof last === 'string' || first > last)
          return refuse('has a class with a range that has no order')
        source += `${spelledMember(first)}-${spelledMember(last)}`
      }
    }
    return { type: 'character', test: characterTest(`${source}]`, this.ignoreCase) }
  }

  private member(): number | string {
    const character = this.characters[this.at++]
    if (character === undefined) return refuse('does not close a class: write \\[ for the character')
    if (character === '[') return refuse('has a [ within a class: write \\[ for the character')
    if (character !== '\\') return character.codePointAt(0)!
    return this.take('b') ? 8 : this.escaped()
  }
}

const spelledMember = (member: number | string): string =>
  typeof member === 'string' ? member : spelledCharacter(member)

function codePoint(digits: string): number {
  const code = Number.parseInt(digits, 16)
  if (code > 0x10ffff) refuse('has an escape of more than any character')
  if (code >= 0xd800 && code <= 0xdfff) refuse('has half of a character as an escape: write it as \\u{...}')
  return code
}
