import { formatJson } from '../../json.js'

/** One event of a stream, in the words of server-sent events (WHATWG HTML, 9.2). */
export interface StreamEvent {
  readonly event: string
  /** What the stream can be gone on with after this event; left out where it cannot. */
  readonly id?: string | undefined
  /** JSON. */
  readonly data: unknown
}

/** An event as text. JSON on one line has no line breaks, so that the data is one line. */
export function eventText({ event, id, data }: StreamEvent): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${formatJson(data)}\n\n`
}

/** How soon to come back when the stream has ended, and, when it is known, after what: no event, but a client keeps it. */
export function openingText(retryMs: number, id?: string): string {
  return `retry: ${retryMs}\n${id === undefined ? '' : `id: ${id}\n`}\n`
}

/** Says nothing, and keeps the connection from being taken for dead. */
export const keepAliveText = ': still here\n\n'
