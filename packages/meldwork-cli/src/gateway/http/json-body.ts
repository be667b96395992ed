import { CodedError } from 'meldwork'
import { parseJson } from '../../json.js'

/** What the error of a body calls it. */
const source = 'the body'

/**
 * The JSON that a request brings.
 * @param maxBytes what is longer is not read
 * @throws CodedError `media-type-unsupported`, `message-too-large`, `input-malformed`
 */
export async function readJsonBody(request: Request, maxBytes: number): Promise<unknown> {
  requireJson(request)
  const announced = Number(request.headers.get('content-length') ?? 0)
  if (announced > maxBytes) throw tooLarge(announced, maxBytes)
  return parseJson(textOf(await bytesOf(request, maxBytes)), source)
}

/** A page of elsewhere can send JSON under this type only with a preflight, in which it is refused. */
function requireJson(request: Request): void {
  const type = request.headers.get('content-type') ?? ''
  const [essence, ...parameters] = type.split(';').map(part => part.trim().toLowerCase())
  const charset = parameters.find(each => each.startsWith('charset='))?.slice('charset='.length)
  const isJson = /^application\/(json|[a-z0-9.-]+\+json)$/.test(essence)
  const isPlain = (request.headers.get('content-encoding') ?? 'identity') === 'identity'
  if (isJson && isPlain && (charset === undefined || /^"?utf-8"?$/.test(charset))) return
  const expected = 'application/json, in UTF-8, not compressed'
  const found = type.slice(0, 100)
  const message = `The body is ${found === '' ? 'of no type' : found}: send ${expected}, with a Content-Type header that says so`
  throw new CodedError('media-type-unsupported', message, { found, expected })
}

async function bytesOf(request: Request, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  // It is not cancelled when it is too long: that would cut the connection before the answer has gone out.
  const reader = request.body?.getReader()
  for (;;) {
    const { done, value } = (await reader?.read().catch(lost)) ?? { done: true, value: undefined }
    if (done) return Buffer.concat(chunks)
    length += value.length
    if (length > maxBytes) throw tooLarge(length, maxBytes)
    chunks.push(value)
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    const reason = 'it is not UTF-8'
    throw new CodedError('input-malformed', `What ${source} gives is no JSON: ${reason}`, { source, reason }, cause)
  }
}

/** The client has gone. */
function lost(cause: unknown): never {
  const reason = 'it ends before its end'
  throw new CodedError('input-malformed', `What ${source} gives is no JSON: ${reason}`, { source, reason }, cause)
}

function tooLarge(bytes: number, maxBytes: number): CodedError<'message-too-large'> {
  const message = `The body has ${bytes} bytes or more, and at most ${maxBytes} are taken: write it in several requests`
  return new CodedError('message-too-large', message, { bytes, maxBytes })
}
