import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CodedError, hasCode } from '../src/errors.js'

const source = readFileSync(new URL('../src/errors.ts', import.meta.url), 'utf8')
const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')

/** The codes of the source, each with the names of its facts. */
const codes = new Map(
  [...source.matchAll(/^ {2}'?([a-z-]+)'?: (\{.+|Record.+)$/gm)].map(([, code, facts]) => [
    code,
    [...facts.matchAll(/(\w+):/g)].map(([, fact]) => fact),
  ]),
)

/** The sections of the page, each with its text. */
const sections = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map(section => [section.slice(1, section.indexOf('`', 1)), section]),
)

describe('the page about errors', () => {
  test('there are codes to compare', () => expect(codes.size).toBeGreaterThan(20))

  test('has a heading for each code and no other', () => {
    expect([...sections.keys()]).toEqual([...codes.keys()])
  })

  test.each([...codes])('names every fact of %s', (code, facts) => {
    const line = sections.get(code)?.match(/^- Facts: ([\s\S]*?)^- What to do: \S/m)?.[1] ?? ''
    const named = [...line.matchAll(/`(\w+)`/g)].map(([, name]) => name).filter(name => name !== 'cause')
    expect(named).toEqual(facts)
  })
})

describe('a coded error', () => {
  test('carries its code, its facts and its cause', () => {
    const cause = new Error('no space left on device')
    const facts = { location: './data', operation: 'batch', reason: 'full' } as const
    const error = new CodedError('store-failed', 'The store ./data takes no writes', facts, cause)
    expect(error).toMatchObject({ name: 'CodedError', code: 'store-failed', facts, cause })
    expect(error).toBeInstanceOf(Error)
  })

  test('is known by its code, also when another copy of the package made it', () => {
    const foreign = Object.assign(new Error('from another copy'), { code: 'clone-closed', facts: {} })
    expect(hasCode(foreign, 'clone-closed')).toBe(true)
    expect(hasCode(foreign, 'store-failed')).toBe(false)
    expect(hasCode({ code: 'clone-closed' }, 'clone-closed')).toBe(false)
    expect(hasCode(undefined, 'clone-closed')).toBe(false)
  })
})
