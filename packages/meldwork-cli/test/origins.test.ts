import { expect, test } from 'vitest'
import { Credentials } from '../src/gateway/credentials.js'
import { isThisMachine, Origins } from '../src/gateway/origins.js'

const refused = expect.stringContaining('--allow-origin')

test('on this machine: its own page and programs, nobody else', () => {
  const origins = new Origins('127.0.0.1', [])
  const host = 'localhost:7330'
  expect(origins.refusal({ origin: undefined, host })).toBeUndefined()
  expect(origins.refusal({ origin: 'http://localhost:7330', host })).toBeUndefined()
  expect(origins.refusal({ origin: 'http://127.0.0.1:7330', host: '127.0.0.1:7330' })).toBeUndefined()
  expect(origins.refusal({ origin: 'http://[::1]:7330', host: '[::1]:7330' })).toBeUndefined()
  for (const origin of [
    'http://evil.example',
    'http://localhost:8080',
    'null',
    '',
    'file://',
    'http://localhost:7330.evil.example',
  ])
    expect(origins.refusal({ origin, host })).toEqual(refused)
})

test('a name that was made to point here after the page was loaded is refused', () => {
  const rebound = { origin: 'http://evil.example:7330', host: 'evil.example:7330' }
  expect(new Origins('127.0.0.1', []).refusal(rebound)).toEqual(refused)
  expect(new Origins('127.0.0.1', []).refusalOfHost('localhost.evil.example')).toEqual(refused)
  expect(new Origins('127.0.0.1', ['http://evil.example:7330']).refusal(rebound)).toBeUndefined()
  // Who listens to other machines cannot know by what names these call it.
  expect(new Origins('0.0.0.0', []).refusal(rebound)).toBeUndefined()
})

test('other origins can be allowed, also behind a proxy', () => {
  const origins = new Origins('127.0.0.1', ['https://App.example/', 'capacitor://localhost'])
  expect(origins.refusal({ origin: 'https://app.example', host: 'localhost:7330' })).toBeUndefined()
  expect(origins.refusal({ origin: 'https://app.example', host: 'app.example' })).toBeUndefined()
  expect(origins.refusal({ origin: 'capacitor://localhost', host: 'localhost:7330' })).toBeUndefined()
  expect(origins.refusal({ origin: 'http://app.example', host: 'localhost:7330' })).toEqual(refused)
  for (const text of [
    'app.example',
    '*',
    'https://',
    'https://app.example/path',
    'https://a@b.example',
    'https://a.example:x',
  ])
    expect(() => new Origins('127.0.0.1', [text])).toThrow(expect.objectContaining({ code: 'option-invalid' }))
})

test('standard ports may be left out', () => {
  const origins = new Origins('0.0.0.0', [])
  expect(origins.refusal({ origin: 'http://a.example', host: 'a.example:80' })).toBeUndefined()
  expect(origins.refusal({ origin: 'http://a.example:80', host: 'A.example' })).toBeUndefined()
})

test('names of this machine', () => {
  for (const name of ['localhost', '127.0.0.1', '127.8.9.1', '::1', '[::1]', 'a.localhost'])
    expect(isThisMachine(name)).toBe(true)
  for (const name of ['0.0.0.0', '::', '192.168.0.1', '127.0.0.1.example', 'localhost.example', 'notlocalhost'])
    expect(isThisMachine(name)).toBe(false)
})

test('a token is right or wrong; without one, none is asked for', () => {
  const credentials = new Credentials('secret')
  expect(['secret', 'Secret', 'secre', '', undefined].map(token => credentials.accept(token))).toEqual([
    true,
    false,
    false,
    false,
    false,
  ])
  expect(credentials.acceptHeader('Bearer secret')).toBe(true)
  expect(['secret', 'Basic secret', undefined].map(header => credentials.acceptHeader(header))).toEqual([
    false,
    false,
    false,
  ])
  const open = new Credentials('')
  expect([open.required, open.accept(undefined), open.accept('any')]).toEqual([false, true, true])
})
