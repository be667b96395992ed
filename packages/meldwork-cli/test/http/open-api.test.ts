import { expect, test } from 'vitest'
import { HttpApi } from '../../src/gateway/http/api.js'
import { openApiOf } from '../../src/gateway/http/open-api.js'
import { statusOf } from '../../src/gateway/http/problem.js'
import { errorsOf, methodsOf } from '../../src/gateway/http/route.js'
import { domain } from '../gateway-client.js'
import { testApp } from './app.js'

type Json = { [key: string]: Json } & Json[] & string

/** Every part of a document, with where it stands. */
function* partsOf(value: Json, path = '#'): Generator<[path: string, part: Json]> {
  yield [path, value]
  if (typeof value !== 'object' || value === null) return
  for (const [key, each] of Object.entries(value)) yield* partsOf(each as Json, `${path}/${key}`)
}

const at = (document: Json, pointer: string): Json | undefined =>
  pointer
    .split('/')
    .slice(1)
    .reduce<Json | undefined>((part, key) => part?.[key.replaceAll('~1', '/')], document)

/** Whether a value is as a schema says: what is used of JSON Schema here, and no other keyword. */
function fits(document: Json, schema: Json, value: unknown): boolean {
  const kinds: Record<string, (value: unknown) => boolean> = {
    object: each => typeof each === 'object' && each !== null && !Array.isArray(each),
    array: Array.isArray,
    string: each => typeof each === 'string',
    boolean: each => typeof each === 'boolean',
    integer: Number.isInteger,
  }
  const rules: Record<string, (rule: Json) => boolean> = {
    $ref: rule => fits(document, at(document, rule)!, value),
    type: rule => kinds[rule](value),
    enum: rule => rule.includes(value as Json),
    minimum: rule => typeof value !== 'number' || value >= Number(rule),
    anyOf: rule => rule.some(each => fits(document, each, value)),
    allOf: rule => rule.every(each => fits(document, each, value)),
    items: rule => !Array.isArray(value) || value.every(each => fits(document, rule, each)),
    required: rule => !kinds.object(value) || rule.every(name => Object.hasOwn(value as object, name)),
    properties: rule =>
      !kinds.object(value) ||
      Object.entries(value as object).every(([name, each]) => !(name in rule) || fits(document, rule[name], each)),
    additionalProperties: () =>
      !kinds.object(value) || Object.keys(value as object).every(name => name in schema.properties),
    description: () => true,
    default: () => true,
    contentSchema: () => true,
  }
  return Object.entries(schema).every(([keyword, rule]) => {
    if (!(keyword in rules)) throw new Error(`${keyword} is not a keyword that is used here`)
    return rules[keyword](rule as Json)
  })
}

async function described() {
  const { get, api, post } = await testApp()
  const answer = await get('/openapi.json')
  return { document: (await answer.json()) as Json, api, get, post }
}

test('the description is OpenAPI 3.1, whole', async () => {
  const { document, api } = await described()
  expect(document).toEqual(JSON.parse(JSON.stringify(openApiOf(api.routes))))
  expect(document.openapi).toMatch(/^3\.1\.\d$/)
  expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) })
  const ids = new Set<string>()
  for (const [path, item] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(item as Json)) {
      const where = `${method} ${path}`
      const { operationId, summary, description, parameters, responses, requestBody } = operation as Json
      expect([where, summary, description]).toEqual([where, expect.stringMatching(/\w/), expect.stringMatching(/\w/)])
      expect(ids.has(operationId)).toBe(false)
      ids.add(operationId)
      const inPath = parameters.filter(each => each.in === 'path')
      expect(inPath.map(({ name, required }) => [name, required])).toEqual(
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, true]),
      )
      expect(new Set(parameters.map(each => `${each.in} ${each.name}`)).size).toBe(parameters.length)
      for (const each of parameters) expect(each).toMatchObject({ schema: {}, description: expect.any(String) })
      expect(method === 'post').toBe(requestBody !== undefined)
      for (const [status, response] of Object.entries(responses as Json)) {
        expect(status).toMatch(/^[1-5]\d\d$/)
        expect(response).toMatchObject({ description: expect.stringMatching(/\w/), content: {} })
      }
    }
  for (const [path, part] of partsOf(document)) {
    if (path.endsWith('/$ref')) expect([path, at(document, part)]).toEqual([path, expect.anything()])
    if (/\/security\/\d+$/.test(path))
      for (const scheme of Object.keys(part)) expect(document.components.securitySchemes).toHaveProperty(scheme)
  }
})

test('it describes the routes that there are, and the errors that they have', async () => {
  const { document, api, get } = await described()
  for (const route of api.routes) {
    const operation = document.paths[route.path][route.method]
    expect(Object.keys(operation.responses).map(Number)).toEqual(
      [...new Set([200, ...errorsOf(route).map(code => statusOf(code)!)])].sort((a, b) => a - b),
    )
    // The app knows it: with a method that it does not take, it says which it takes.
    const answer = await get(route.path.replace('{domain}', domain), { accept: '*/*' })
    expect(answer.status).toBe(route.method === 'get' ? 200 : 405)
    await answer.body?.cancel()
    if (route.method === 'post') expect(answer.headers.get('allow')).toBe([...methodsOf(route), 'OPTIONS'].join(', '))
  }
  expect(Object.keys(document.paths)).toEqual([...new Set(api.routes.map(({ path }) => path))])
  expect(api).toBeInstanceOf(HttpApi)
})

test('what goes in and comes out is as its schema says', async () => {
  const { document, get, post } = await described()
  const operation = (name: string, method: string) => document.paths[`/domains/{domain}/${name}`][method]
  const requestOf = (name: string) => operation(name, 'post').requestBody.content['application/json']
  for (const name of ['write', 'read'])
    for (const [example, { value }] of Object.entries(requestOf(name).examples as Json)) {
      expect([example, fits(document, requestOf(name).schema, value)]).toEqual([example, true])
      const answer = await post(`/${name}`, value)
      expect([example, answer.status]).toEqual([example, 200])
      const { schema } = operation(name, 'post').responses['200'].content['application/json']
      const body = await answer.json()
      expect([body, fits(document, schema, body)]).toEqual([body, true])
      for (const header of Object.keys(operation(name, 'post').responses['200'].headers))
        expect(answer.headers.has(header)).toBe(true)
    }
  expect(fits(document, requestOf('read').schema, {})).toBe(false)
  const refused = await post('/read', {})
  const problem = await refused.json()
  const { schema } = operation('read', 'post').responses['400'].content['application/problem+json']
  expect(fits(document, schema, problem)).toBe(true)
  expect(fits(document, schema, { ...problem, code: 'store-failed' })).toBe(false)
  expect(fits(document, schema, { ...problem, more: 1 })).toBe(false)

  const events = await get(`/domains/${domain}/updates?after=`)
  const text = new TextDecoder().decode(await firstTexts(events.body!, 3))
  const data = [...text.matchAll(/^data: (.*)$/gm)].map(([, json]) => JSON.parse(json))
  const { contentSchema } = operation('updates', 'get').responses['200'].content['text/event-stream'].schema
  expect(data.map(each => fits(document, contentSchema, each))).toEqual([true, true])
})

async function firstTexts(body: ReadableStream<Uint8Array>, count: number): Promise<Uint8Array> {
  const reader = body.getReader()
  const chunks: Uint8Array[] = []
  while (chunks.length < count) chunks.push((await reader.read()).value!)
  await reader.cancel()
  return Buffer.concat(chunks)
}
