import type { Clone, Read } from 'meldwork'
import { CodedError } from 'meldwork'
import { formatJson } from '../../json.js'
import type { BodySource } from './open-bodies.js'

/** About how long the pieces are in which an answer is given. */
const pieceLength = 64 * 1024

/** How an array of answers is written. */
export interface AnswerFormat {
  readonly type: string
  readonly before: string
  readonly between: string
  readonly after: string
}

/** One JSON array. */
export const jsonAnswers: AnswerFormat = { type: 'application/json', before: '[', between: ',\n', after: ']\n' }

/** One line of JSON for each answer. */
export const linedAnswers: AnswerFormat = { type: 'application/x-ndjson', before: '', between: '\n', after: '\n' }

/** What answers come from, one by one. */
type Answers = AsyncIterableIterator<unknown>

/**
 * Begins to answer a request. Answers are found as they are asked for, with turns for others in between, and none are gathered: a request that has a billion answers costs
 * whoever reads them.
 * @param request as `clone.read` takes it; or `{ "@ask": pattern }`, which answers `true` or `false`
 * @throws CodedError as `clone.read` does; so does the promise of the first piece
 */
export function answersTo(clone: Clone, request: unknown, format: AnswerFormat): BodySource {
  const isAsked = isAsk(request)
  const answers: Answers = clone.stream((isAsked ? selectOf(request) : request) as Read)
  const stop = () => void answers.return?.()
  return isAsked ? new AnswerTexts(whetherAny(answers), stop, told) : new AnswerTexts(answers, stop, format)
}

const told: AnswerFormat = { type: '', before: '', between: '', after: '\n' }

const isAsk = (request: unknown): request is { '@ask': unknown } =>
  typeof request === 'object' && request !== null && Object.hasOwn(request, '@ask')

/** `{ "@ask": pattern }` is short for a select of one solution, and has its errors. */
function selectOf({ '@ask': pattern, ...more }: { '@ask': unknown }): object {
  const stranger = Object.keys(more).find(key => key !== '@context')
  if (stranger !== undefined) {
    const expected = 'nothing beside @ask but a @context'
    const message = `The request is not understood at $: expected ${expected}`
    throw new CodedError('pattern-invalid', message, { path: '$', expected })
  }
  return { ...more, '@select': '*', '@where': pattern, '@limit': 1 }
}

async function* whetherAny(solutions: Answers): Answers {
  let found = false
  for await (const _ of solutions) found = true
  yield found
}

/** Answers as the pieces of a text. */
class AnswerTexts implements BodySource {
  private readonly answers: Answers
  private readonly stop: () => void
  private readonly format: AnswerFormat
  private begun = false
  private given = false
  private ended = false

  constructor(answers: Answers, stop: () => void, format: AnswerFormat) {
    this.answers = answers
    this.stop = stop
    this.format = format
  }

  async next(): Promise<IteratorResult<string>> {
    if (this.ended) return { done: true, value: undefined }
    const { before, between, after } = this.format
    let text = this.begun ? '' : before
    this.begun = true
    while (text.length < pieceLength) {
      const { done, value } = await this.answers.next()
      // It was left: what there is is not all, and must not look so.
      if (this.ended) return { done: true, value: undefined }
      if (done) {
        this.ended = true
        // No line for nothing.
        const end = this.given || before !== '' ? after : ''
        return { done: false, value: text + end }
      }
      text += (this.given ? between : '') + formatJson(value)
      this.given = true
    }
    return { done: false, value: text }
  }

  close(): void {
    this.ended = true
    this.stop()
  }
}
