import { STATUS_CODES } from 'node:http'
import { version } from '../../version.js'
import { problemType, statusOf } from './problem.js'
import { errorsOf, type Route, type Schema } from './route.js'
import { schemaRef, schemas } from './schemas.js'

const introduction = `Domains of shared data over HTTP, for programs in any language: what a gateway keeps is read, written and followed as JSON.

Errors are application/problem+json, and have the code, the message and the facts that the same error has in the library.`

/** The description of an API, as OpenAPI 3.1 has it. */
export function openApiOf(routes: readonly Route[]): Schema {
  const paths: Record<string, Record<string, Schema>> = {}
  for (const route of routes) {
    paths[route.path] ??= {}
    paths[route.path][route.method] = operationOf(route)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'meldwork gateway',
      version,
      description: introduction,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'Needed when the gateway was started with a token.' },
      },
    },
  }
}

function operationOf(route: Route): Schema {
  const { id, summary, description, action, parameters = [], body, secured } = route
  const domain = {
    name: 'domain',
    in: 'path',
    required: true,
    description: 'A domain that the gateway keeps.',
    schema: { type: 'string' },
    example: 'board.example',
  }
  return {
    operationId: id,
    summary,
    description,
    ...(secured ? { security: [{}, { token: [] }] } : { security: [] }),
    parameters: [...(action === undefined ? [] : [domain]), ...parameters],
    ...(body && { requestBody: { required: true, content: { 'application/json': contentOf(body) } } }),
    responses: { 200: answerOf(route), ...problemsOf(route) },
  }
}

function contentOf({ schema, examples }: NonNullable<Route['body']>): Schema {
  const named = Object.entries(examples).map(([name, value]) => [name, { value }])
  return { schema, examples: Object.fromEntries(named) }
}

function answerOf({ answers, answerHeaders = {} }: Route): Schema {
  const content = Object.entries(answers).map(([type, { schema }]) => [type, schema === undefined ? {} : { schema }])
  const headers = Object.entries(answerHeaders).map(([name, description]) => [
    name,
    { description, schema: { type: 'string' } },
  ])
  const description = Object.values(answers).map(each => each.description)
  return {
    description: description.join(' '),
    ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
    content: Object.fromEntries(content),
  }
}

/** Its errors by status, each with the codes that it can have. */
function problemsOf(route: Route): Record<string, Schema> {
  const byStatus = new Map<number, string[]>()
  for (const code of errorsOf(route)) {
    const status = statusOf(code)!
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const problems = [...byStatus].sort(([a], [b]) => a - b)
  return Object.fromEntries(
    problems.map(([status, codes]) => {
      const schema = { allOf: [schemaRef('Problem'), { properties: { code: { enum: codes } } }] }
      return [status, { description: `${STATUS_CODES[status]}.`, content: { [problemType]: { schema } } }]
    }),
  )
}
