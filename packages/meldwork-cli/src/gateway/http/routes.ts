import type { Clone, Durability, ErrorCode, Write } from 'meldwork'
import { formatJson } from '../../json.js'
import { answersTo, jsonAnswers, linedAnswers } from './answer-stream.js'
import { readCursor } from './cursor.js'
import { keepAliveText } from './event-text.js'
import { readJsonBody } from './json-body.js'
import type { Metrics } from './metrics.js'
import { openApiOf } from './open-api.js'
import type { OpenBodies } from './open-bodies.js'
import type { Answer, Call, Route } from './route.js'
import { schemaRef } from './schemas.js'
import { updatesOf } from './update-stream.js'
import type { UpdateStreams } from './update-streams.js'

/** What the routes are made of. */
export interface RouteParts {
  readonly metrics: Metrics
  readonly bodies: OpenBodies
  readonly streams: UpdateStreams
  readonly maxBodyBytes: number
}

/** The header that tells of which state an answer is. */
export const ticksHeader = 'Meldwork-Ticks'

/** What is wrong with a request to a domain. */
const requestErrors = [
  'pattern-unsupported',
  'pattern-invalid',
  'value-invalid',
  'iri-malformed',
  'context-invalid',
] as const satisfies readonly ErrorCode[]

/** All that can be done over HTTP, apart from the page and its files. */
export function routesOf(parts: RouteParts): readonly Route[] {
  const routes: Route[] = [readRoute(parts), writeRoute(parts), updatesRoute(parts), metricsRoute(parts)]
  routes.push(openApiRoute(routes))
  return routes
}

function readRoute({ bodies, maxBodyBytes }: RouteParts): Route {
  return {
    method: 'post',
    path: '/domains/{domain}/read',
    action: 'read',
    secured: true,
    id: 'read',
    summary: 'Ask a domain',
    description:
      'Answers a request over the state of now. @select answers solutions, @describe and @construct subjects, each as an array; { "@ask": pattern } answers true or false. ' +
      'Answers are given as they are found: one that is cut off is not JSON, and one of lines lacks its last line break. Of { "@ask": ... }, errors tell paths as of { "@select": "*", "@where": ... }.',
    body: {
      schema: schemaRef('Read'),
      examples: {
        describe: { '@describe': 'fred' },
        select: { '@select': ['?card', '?title'], '@where': { '@id': '?card', title: '?title' } },
        ask: { '@ask': { '@id': 'fred', name: 'Fred' } },
      },
    },
    answers: {
      [jsonAnswers.type]: {
        description: 'The answers as one array; for @ask, true or false.',
        schema: { anyOf: [{ type: 'array', items: { type: 'object' } }, { type: 'boolean' }] },
      },
      [linedAnswers.type]: { description: 'When Accept names this type: each answer on a line of its own.' },
    },
    answerHeaders: { [ticksHeader]: 'How many operations the clone had applied: of which state the answer is.' },
    errors: requestErrors,
    async answer({ request, clone, cut }) {
      const body = await readJsonBody(request, maxBodyBytes)
      const format = wantsLines(request) ? linedAnswers : jsonAnswers
      const ticks = clone!.status.value.ticks
      const source = answersTo(clone!, body, format)
      // A request may search for long before there is anything to tell.
      request.signal.addEventListener('abort', () => source.close(), { once: true })
      // The first piece before the answer begins: what goes wrong by then has a status.
      const { value } = await source.next()
      return {
        type: format.type,
        headers: { [ticksHeader]: String(ticks) },
        body: bodies.open(source, { cut, whole: true }, value),
      }
    },
  }
}

function writeRoute({ maxBodyBytes }: RouteParts): Route {
  return {
    method: 'post',
    path: '/domains/{domain}/write',
    action: 'write',
    secured: true,
    id: 'write',
    summary: 'Write to a domain',
    description:
      'Inserts subjects, or makes an update, as one atomic change. Answers when it is durable. When no answer comes, it may have been written or not; subjects with an @id can be written again, which changes nothing.',
    parameters: [
      {
        name: 'durability',
        in: 'query',
        description:
          'What the write has to survive before it is answered: a power cut, the death of the process, or nothing.',
        schema: { enum: ['flushed', 'written', 'none'], default: 'flushed' },
      },
    ],
    body: {
      schema: schemaRef('Write'),
      examples: {
        insert: { '@id': 'fred', name: 'Fred' },
        update: { '@delete': { '@id': 'fred', name: '?' }, '@insert': { '@id': 'fred', name: 'Freddy' } },
      },
    },
    answers: { 'application/json': { description: 'It is durable.', schema: schemaRef('Written') } },
    answerHeaders: { [ticksHeader]: 'The same as ticks.' },
    errors: [...requestErrors, 'constraint-violated', 'constraint-invalid', 'store-failed'],
    async answer({ request, clone, query }) {
      const body = await readJsonBody(request, maxBodyBytes)
      const { ticks, ids } = await clone!.write(body as Write, {
        durability: query.durability as Durability | undefined,
      })
      return json({ ticks, ids }, { [ticksHeader]: String(ticks) })
    },
  }
}

function updatesRoute({ streams }: RouteParts): Route {
  return {
    method: 'get',
    path: '/domains/{domain}/updates',
    action: 'follow',
    secured: true,
    id: 'follow',
    summary: 'Follow a domain',
    description:
      'Server-sent events: an event "update" for each change of what is visible, when it is flushed, in order, once. The id of an event is a cursor: given back as Last-Event-ID, which EventSource does by itself, or as ?after=, the stream goes on behind that event. ' +
      'Without either, it begins now. With an empty ?after=, or where updates are missing, it begins with an event "gap", which says to throw away what was made of updates before, ' +
      'followed by events "state", which have all that is visible now as subjects in @insert; the last of them, or of an empty domain the gap, has the id. Updates follow.',
    parameters: [
      {
        name: 'after',
        in: 'query',
        description:
          'The id of the last event that was dealt with, or empty to begin with the state. Last-Event-ID goes before it.',
        schema: { type: 'string' },
      },
      {
        name: 'Last-Event-ID',
        in: 'header',
        description: 'The id of the last event that was dealt with.',
        schema: { type: 'string' },
      },
    ],
    answers: {
      'text/event-stream': {
        description: 'Events: update and state, whose data is an Update; gap, whose data is a Gap.',
        schema: { type: 'string', contentSchema: { anyOf: [schemaRef('Update'), schemaRef('Gap')] } },
      },
    },
    errors: ['streams-exhausted'],
    answer({ request, clone, query, cut }) {
      // EventSource repeats the address that it was made with: what it has come to since goes before it.
      const after = request.headers.get('last-event-id') || query.after
      const beginning = after === undefined ? 'now' : { after: readCursor(after) }
      const source = () => updatesOf(clone as Clone, beginning)
      return {
        type: 'text/event-stream',
        // Proxies that gather answers would hold the events back.
        headers: { 'X-Accel-Buffering': 'no' },
        body: streams.open(source, { keepAlive: keepAliveText, cut }),
      }
    },
  }
}

function metricsRoute({ metrics }: RouteParts): Route {
  return {
    method: 'get',
    path: '/metrics',
    secured: true,
    id: 'metrics',
    summary: 'Figures for Prometheus',
    description: 'How each kept clone, the relay and this API are doing.',
    answers: { 'text/plain': { description: 'The text format of Prometheus.', schema: { type: 'string' } } },
    errors: [],
    answer: async () => ({ type: metrics.type, body: await metrics.text() }),
  }
}

function openApiRoute(routes: readonly Route[]): Route {
  return {
    method: 'get',
    path: '/openapi.json',
    secured: false,
    id: 'description',
    summary: 'This description',
    description: 'What can be done over HTTP, in OpenAPI 3.1.',
    answers: { 'application/json': { description: 'This description.', schema: { type: 'object' } } },
    errors: [],
    answer: () => json(openApiOf(routes)),
  }
}

const json = (value: unknown, headers?: Answer['headers']): Answer => ({
  type: 'application/json',
  headers,
  body: `${formatJson(value)}\n`,
})

/** Whether `Accept` names the type of lines. */
function wantsLines(request: Call['request']): boolean {
  const accepted = (request.headers.get('accept') ?? '').toLowerCase().split(',')
  return accepted.some(each => each.split(';')[0].trim() === linedAnswers.type)
}
