import type { Schema } from './route.js'

const object = (properties: Record<string, Schema>, more: Schema = {}): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more,
})

/** A reference to one of {@link schemas}. */
export const schemaRef = (name: keyof typeof schemas): Schema => ({ $ref: `#/components/schemas/${name}` })

const subjects: Schema = { type: 'array', items: { $ref: '#/components/schemas/Subject' } }

/** The shapes of what goes in and out. */
export const schemas = {
  Subject: {
    type: 'object',
    description:
      'JSON-LD: the properties of a subject by name. Each value is text, a number, true or false, a reference { "@id" }, a value object, or an array of them.',
    properties: { '@id': { type: 'string' } },
  },
  Read: {
    type: 'object',
    description: 'A request: an object with @select, @describe, @construct or @ask.',
    anyOf: ['@select', '@describe', '@construct', '@ask'].map(keyword => ({ required: [keyword] })),
  },
  Write: {
    description: 'A subject or several, to insert; or an update with @delete, @insert, @update and @where.',
    anyOf: [{ $ref: '#/components/schemas/Subject' }, subjects],
  },
  Written: object({
    ticks: { type: 'integer', minimum: 0, description: 'How many operations the clone has applied with this one.' },
    ids: {
      type: 'array',
      items: { type: 'string' },
      description: 'The identifiers given to subjects that were written without one, in order.',
    },
  }),
  Update: object(
    {
      '@delete': subjects,
      '@insert': subjects,
      '@update': subjects,
      '@ticks': { type: 'integer', minimum: 0 },
    },
    { description: 'What was visible and is no more, and what has become visible; the data of an event.' },
  ),
  Gap: object(
    {
      '@gap': { enum: ['first', 'truncated', 'life', 'future', 'unreadable'] },
      '@ticks': { type: 'integer', minimum: 0 },
    },
    { description: 'Why updates are missing; the data of an event.' },
  ),
  Problem: object(
    {
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
      code: { type: 'string', description: 'Stable, and made for programs.' },
      message: { type: 'string', description: 'What happened and what to do, for a person. The same as detail.' },
      facts: { type: 'object', description: 'The values in the message.' },
    },
    { description: 'An error: RFC 9457, with the code, the message and the facts that it has in the library.' },
  ),
} as const satisfies Record<string, Schema>
