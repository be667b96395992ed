import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { emptyFolder, Running } from '../running.js'
import { copy, done, namesIn, transcripts } from './running.js'

const main = fileURLToPath(new URL('../../dist/melda.js', import.meta.url))
const file = (name: string) => join(transcripts, name)
const watching = (...argv: string[]) => new Running(main, ['watch', ...argv], { input: '' })

/** Alice's first two blocks, and in the folder of Bob a third one. */
async function planning(folder: string) {
  const [alice, bob] = [join(folder, 'alice'), join(folder, 'bob')]
  await done('update', '-a', 'Alice', '-d', 'First commit', '-j', file('v1.json'), '-t', alice)
  copy(alice, bob)
  await done('update', '-a', 'Bob', '-d', 'Add buy milk', '-j', file('v2.json'), '-t', bob)
  return { alice, bob }
}

test('what a sync program brings is printed, file by file as it comes; SIGINT ends it with 0', async () => {
  const { alice, bob } = await planning(emptyFolder())
  const watch = watching('-s', alice)
  await watch.line(/^watching /)
  const there = new Set(namesIn(alice))
  // Packs last, so that the block waits at first.
  const names = namesIn(bob).filter(name => !there.has(name))
  expect(names.length).toBe(2)
  for (const name of names.sort())
    cpSync(join(bob, name.slice(0, 2)), join(alice, name.slice(0, 2)), { recursive: true })
  await watch.line(/^Block 2-\w{8} Bob: Add buy milk$/)
  await watch.line(/^ {4}title "Buy milk"$/)
  const { code, out } = await watch.kill('SIGINT')
  expect(code).toBe(0)
  expect(out).toMatch(/^Block 2-\w{8} Bob: Add buy milk\n~ √\n {4}items♭ \+ alice_todo_01\n\+ alice_todo_01\n/)
}, 60_000)

test('what git brings is printed; with --json a line each, and --count ends it', async () => {
  const folder = emptyFolder()
  const git = (...argv: string[]) => execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b.c', ...argv])
  const [alice, bob] = [join(folder, 'alice'), join(folder, 'bob')]
  const update = async (version: string, description: string) => {
    await done('update', '-a', 'Bob', '-d', description, '-j', file(version), '-t', join(bob, 'plan'))
    git('-C', bob, 'add', '.')
    git('-C', bob, 'commit', '-qm', description)
  }
  git('init', '-q', bob)
  await update('v1.json', 'First commit')
  git('clone', '-q', bob, alice)
  await update('v2.json', 'Add buy milk')
  const watch = watching('-s', join(alice, 'plan'), '--json', '--count', '1')
  await watch.line(/^watching /)
  git('-C', alice, 'pull', '-q')
  const { code, out } = await watch.ended
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({
    blocks: [{ id: expect.stringMatching(/^2-/), information: { author: 'Bob', description: 'Add buy milk' } }],
    objects: ['^√@items♭', 'alice_todo_01'],
    changes: [
      { object: '√', change: 'changed' },
      { object: 'alice_todo_01', change: 'created' },
    ],
  })
}, 60_000)

test('a folder that is not there is not waited for', async () => {
  expect((await watching('-s', join(emptyFolder(), 'nowhere')).ended).code).toBe(4)
}, 60_000)
