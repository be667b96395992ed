import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createMelda } from '../../src/melda/program.js'
import { emptyFolder } from '../running.js'
import { expectSound } from './running.js'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const page = readFileSync(at('../../../../docs/documents.md'), 'utf8')
const readme = readFileSync(at('../../README.md'), 'utf8')

interface Step {
  readonly command: string
  /** What the page says that it prints. */
  readonly output: string
}

/** The commands of the blocks that are marked `console run`, in order: `$ ` begins one, `> ` goes on with it, all else is what it prints. */
function stepsOf(text: string): Step[] {
  return [...text.matchAll(/^```console run\n([\s\S]*?)^```$/gm)].flatMap(([, block]) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map(step => {
        const [first, ...lines] = step.split('\n').slice(0, -1)
        const more = lines.findIndex(line => !line.startsWith('>'))
        const continued = more < 0 ? lines : lines.slice(0, more)
        const printed = more < 0 ? [] : lines.slice(more)
        return {
          command: [first, ...continued.map(line => line.replace(/^> ?/, ''))].join('\n'),
          output: printed.map(line => `${line}\n`).join(''),
        }
      }),
  )
}

test('the walk-through of the page prints what it says, in a shell, with the built command', () => {
  const folder = emptyFolder()
  const bin = join(emptyFolder(), 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'melda'), `#!/bin/sh\nexec "${process.execPath}" "${at('../../dist/melda.js')}" "$@"\n`)
  chmodSync(join(bin, 'melda'), 0o755)
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, NO_COLOR: '1' }
  const steps = stepsOf(page)
  const seen = steps.map(({ command }) => {
    const { stdout, stderr, status } = spawnSync('sh', ['-c', command], { cwd: folder, env, encoding: 'utf8' })
    expect([command, status, stderr.replace(/^.* is new\n/m, '')]).toEqual([command, 0, ''])
    return { command, output: stdout.replaceAll(`${folder}/`, '') }
  })
  expect(seen).toEqual(steps)
  expect(steps.length).toBeGreaterThan(20)
  for (const name of ['todolist', 'todolist_bob']) expectSound(join(folder, name))
}, 120_000)

test('each command is in the README', () => {
  for (const { name } of createMelda({} as never).commands.map(command => ({ name: command.name() })))
    expect(readme).toMatch(new RegExp(`^\\| \`melda ${name}\\b`, 'm'))
})
