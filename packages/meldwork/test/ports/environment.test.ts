import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

const source = readFileSync(new URL('../../src/ports/environment.ts', import.meta.url), 'utf8')
const { outputText: compiled } = ts.transpileModule(source, {
  compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
})

/** Runs a program with the platform's environment in a process of its own, where nothing else is going on. @returns what it prints */
const run = (program: string): string =>
  execFileSync(process.execPath, ['--input-type=module'], { input: compiled + program, encoding: 'utf8' }).trim()

describe("Node's environment", () => {
  test.each([false, true])(
    'does at once what is due at once, when nothing else happens (background: %s)',
    background => {
      const printed = run(`
      const order = []
      setTimeout(() => console.log(order.join(' ')), 200)
      const piece = left => platformEnvironment.schedule(() => {
        order.push(left)
        if (left > 0) piece(left - 1)
      }, 0, ${background})
      setTimeout(() => piece(3), 10)`)
      expect(printed).toBe('3 2 1 0')
    },
  )

  test('lets a process end before what it does in the background is due', () => {
    expect(run(`platformEnvironment.schedule(() => console.log('late'), 60_000, true); console.log('ended')`)).toBe(
      'ended',
    )
  })
})
