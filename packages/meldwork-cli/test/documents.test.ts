import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createProgram } from '../src/program.js'

const text = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8')
const readme = text('../README.md')

test('each error code of the package has a heading in the README, and each heading a code', () => {
  const facts = /interface ErrorFacts \{([\s\S]*?)\n {2}\}/.exec(text('../src/errors.ts'))![1]
  const codes = [...facts.matchAll(/^ +'([a-z-]+)':/gm)].map(([, code]) => code)
  expect([...readme.matchAll(/^### `([a-z-]+)`$/gm)].map(([, code]) => code)).toEqual(codes)
})

test('each command is in the README', () => {
  const program = createProgram({} as never)
  for (const command of program.commands.map(each => each.name()))
    expect(readme).toMatch(new RegExp(`^\\| \`${command}\\b`, 'm'))
})
