import {
  type Assertion,
  type CharacterTest,
  characterTest,
  endsLine,
  type PatternNode,
  parsePattern,
  UnusablePattern,
} from './regular-expression-syntax.js'

/** Of a pattern whose repetitions are written out, in instructions. */
const mostInstructions = 1000

type Instruction =
  | { readonly type: 'character'; readonly test: CharacterTest }
  | { readonly type: 'assertion'; readonly assertion: Assertion }
  /** Goes on at one place, or at either of two. */
  | { readonly type: 'go'; first: number; second: number }
  | { readonly type: 'match' }

/**
 * Matches text in a time that grows with its length, never faster, and in memory that does not grow with it, whatever the pattern: for patterns that come from
 * others. A native regular expression such as `(a+)+$` takes for ever.
 *
 * The pattern becomes a machine of at most {@link mostInstructions} instructions, each of which is at most once among those that wait for a character: Thompson, "Regular
 * expression search algorithm", CACM 11(6), 1968, in the form of Pike's machine without captures (Cox, "Regular expression matching: the virtual machine
 * approach", 2009). {@link parsePattern} says what patterns there are.
 */
export class RegularExpression {
  private readonly program: Instruction[] = []
  private readonly isWord: CharacterTest
  private readonly byLine: boolean

  /** @throws UnusablePattern */
  constructor(pattern: string, flags = '') {
    const node = parsePattern(pattern, flags)
    if (sizeOf(node) >= mostInstructions) {
      const message = 'is too large: its repetitions, written out, make more than'
      throw new UnusablePattern(`${message} ${mostInstructions} steps`)
    }
    this.isWord = characterTest('\\w', flags.includes('i'))
    this.byLine = flags.includes('m') && !flags.includes('q')
    this.compile(node)
    this.program.push({ type: 'match' })
  }

  /** How many instructions it has. */
  get size(): number {
    return this.program.length
  }

  /** Whether it matches a part of the text. */
  matches(text: string): boolean {
    return this.run(text).matches
  }

  /** @returns whether it matches a part of the text, and how many instructions have been run: at most twice {@link size} for each character, and its end */
  run(text: string): { readonly matches: boolean; readonly steps: number } {
    const { program } = this
    const search = new Search(program.length)
    let before = -1
    for (let at = 0; ; at += before > 0xffff ? 2 : 1) {
      const after = text.codePointAt(at) ?? -1
      search.begin()
      for (let place = search.take(); place >= 0; place = search.take()) {
        const instruction = program[place]
        if (instruction.type === 'match') return { matches: true, steps: search.steps }
        if (instruction.type === 'character') search.wait(place)
        else if (instruction.type === 'go') {
          search.go(instruction.second)
          search.go(instruction.first)
        } else if (this.holds(instruction.assertion, before, after)) search.go(place + 1)
      }
      if (after < 0) return { matches: false, steps: search.steps }
      search.consume(place => (program[place] as { test: CharacterTest }).test(after))
      before = after
    }
  }

  /** @param before the character before a place, @param after the one after it; -1 for none */
  private holds(assertion: Assertion, before: number, after: number): boolean {
    switch (assertion) {
      case 'start':
        return before < 0 || (this.byLine && endsLine(before))
      case 'end':
        return after < 0 || (this.byLine && endsLine(after))
      default: {
        const isBoundary = (before >= 0 && this.isWord(before)) !== (after >= 0 && this.isWord(after))
        return isBoundary === (assertion === 'word')
      }
    }
  }

  private compile(node: PatternNode): void {
    switch (node.type) {
      case 'character':
      case 'assertion':
        this.program.push(node)
        return
      case 'sequence':
        for (const part of node.of) this.compile(part)
        return
      case 'choice':
        this.compileChoice(node.of)
        return
      case 'repeat':
        this.compileRepeat(node.of, node.least, node.most)
    }
  }

  private go(first: number, second: number): { first: number; second: number } {
    const instruction = { type: 'go' as const, first, second }
    this.program.push(instruction)
    return instruction
  }

  private compileChoice(of: readonly PatternNode[]): void {
    const ends = of.slice(0, -1).map(part => {
      const choice = this.go(this.size + 1, 0)
      this.compile(part)
      const end = this.go(0, 0)
      choice.second = this.size
      return end
    })
    this.compile(of[of.length - 1])
    for (const end of ends) end.first = end.second = this.size
  }

  private compileRepeat(of: PatternNode, least: number, most: number): void {
    for (let i = 0; i < least; i++) this.compile(of)
    if (most === Number.POSITIVE_INFINITY) {
      const start = this.size
      const loop = this.go(start + 1, 0)
      this.compile(of)
      this.go(start, start)
      loop.second = this.size
      return
    }
    const options: { second: number }[] = []
    for (let i = least; i < most; i++) {
      options.push(this.go(this.size + 1, 0))
      this.compile(of)
    }
    for (const option of options) option.second = this.size
  }
}

/** How many instructions a part becomes, at the most; and never none, so that what is repeated costs. */
function sizeOf(node: PatternNode): number {
  switch (node.type) {
    case 'character':
    case 'assertion':
      return 1
    case 'sequence':
      return node.of.reduce((size, part) => size + sizeOf(part), 0) || 1
    case 'choice':
      return node.of.reduce((size, part) => size + sizeOf(part) + 2, 0)
    case 'repeat': {
      const copies = node.most === Number.POSITIVE_INFINITY ? node.least + 1 : node.most
      const choices = node.most === Number.POSITIVE_INFINITY ? 2 : node.most - node.least
      return copies * sizeOf(node.of) + choices || 1
    }
  }
}

/** Where a machine is: in several places at a time, each of them once. */
class Search {
  steps = 0
  private readonly open: Int32Array
  private openCount = 0
  private readonly waiting: Int32Array
  private waitingCount = 0
  /** By place: the number of the character before which it was last. */
  private readonly seen: Int32Array
  private round = 0

  constructor(size: number) {
    this.open = new Int32Array(size)
    this.waiting = new Int32Array(size)
    this.seen = new Int32Array(size)
  }

  /** At the next character: those places that the last one led to; and the beginning, since a match may begin anywhere. */
  begin(): void {
    this.round++
    const { waiting, waitingCount } = this
    this.waitingCount = 0
    for (let i = 0; i < waitingCount; i++) this.go(waiting[i] + 1)
    this.go(0)
  }

  go(place: number): void {
    if (this.seen[place] === this.round) return
    this.seen[place] = this.round
    this.open[this.openCount++] = place
  }

  /** @returns -1 when there is none any more */
  take(): number {
    if (this.openCount === 0) return -1
    this.steps++
    return this.open[--this.openCount]
  }

  wait(place: number): void {
    this.waiting[this.waitingCount++] = place
  }

  /** Only those go on that the character suits. */
  consume(suits: (place: number) => boolean): void {
    const { waiting } = this
    let kept = 0
    for (let i = 0; i < this.waitingCount; i++) if (suits(waiting[i])) waiting[kept++] = waiting[i]
    this.steps += this.waitingCount
    this.waitingCount = kept
  }
}
