import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CodedError } from 'meldwork'
import { expect, test } from 'vitest'
import { problemOf, problemText, statusOf } from '../../src/gateway/http/problem.js'

const text = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8')
const codesIn = (source: string) => {
  const facts = /interface ErrorFacts \{([\s\S]*?)\n( {2})?\}/.exec(source)![1]
  return [...facts.matchAll(/^ +'?([a-z-]+)'?: (?:\{|Record)/gm)].map(([, code]) => code)
}
const libraryCodes = codesIn(text('../../../meldwork/src/errors.ts'))
const ownCodes = codesIn(text('../../src/errors.ts'))

test('each error code of the library and of the gateway has a status', () => {
  expect(libraryCodes.length).toBeGreaterThan(45)
  expect(ownCodes.length).toBeGreaterThan(10)
  for (const code of [...libraryCodes, ...ownCodes]) expect([code, statusOf(code)]).toEqual([code, expect.any(Number)])
})

test('what a request has at fault is 4xx, what passes is 503', () => {
  const requestCodes = libraryCodes.slice(0, libraryCodes.indexOf('constraint-invalid'))
  expect(requestCodes).toContain('pattern-invalid')
  expect(new Set(requestCodes.map(statusOf))).toEqual(new Set([400]))
  expect(['constraint-violated', 'clone-closed', 'store-failed', 'message-too-large'].map(statusOf)).toEqual([
    409, 503, 503, 413,
  ])
})

test.each([...libraryCodes, ...ownCodes])('%s is told with its code, its message and its facts', code => {
  const facts = { path: '$.name', values: [10n ** 20n] }
  const problem = problemOf(new CodedError(code as 'clone-closed', 'What to do', facts, new Error('secret')))
  expect(JSON.parse(problemText(problem))).toEqual({
    title: expect.stringMatching(/^[A-Z]/),
    status: statusOf(code),
    detail: 'What to do',
    code,
    message: 'What to do',
    facts: { path: '$.name', values: [expect.objectContaining({ '@value': '100000000000000000000' })] },
  })
})

test.each([
  ['an error without a code', new TypeError('secret')],
  ['an error of the system', Object.assign(new Error('secret'), { code: 'EIO', errno: -5 })],
  ['a code without facts', Object.assign(new Error('secret'), { code: 'clone-closed' })],
  ['a code that is a property of every object', Object.assign(new Error('secret'), { code: 'toString', facts: {} })],
  ['what is no error', { code: 'clone-closed', message: 'secret', facts: {} }],
  ['nothing', undefined],
])('%s is a defect, of which nothing is told', (_, error) => {
  const problem = problemOf(error)
  expect(problem).toMatchObject({ status: 500, code: 'unexpected', facts: {} })
  expect(problemText(problem)).not.toContain('secret')
})
