import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { attributesLine } from '../../src/melda/git-attributes.js'
import { emptyFolder } from '../running.js'
import { done, expectSound, failed, fixtures, melda, namesIn, transcripts } from './running.js'

const git = (folder: string, ...argv: string[]) =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=A', '-c', 'user.email=a@b.c', ...argv], {
    encoding: 'utf8',
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  })

/** The bytes of all blocks of a folder. */
const bytesOf = (folder: string) =>
  namesIn(folder).map(name => [name, readFileSync(join(folder, name.slice(0, 2), name), 'latin1')] as const)

/** Folders with line ends in their blocks: a pack that somebody printed for people, and compressed ones. */
const withLines = ['36_pack_pretty_printed/a', '02_readme_flate/todolist']

test.each(withLines)('a clone with autocrlf has the same bytes: %s', async scenario => {
  const folder = emptyFolder()
  const [repository, clone, plain] = ['repository', 'clone', 'plain'].map(name => join(folder, name))
  mkdirSync(repository)
  git(repository, 'init', '-q')
  const document = join(repository, 'to do [1]')
  cpSync(join(fixtures, 'scenarios', scenario), document, { recursive: true })
  const before = bytesOf(document)
  expect(before.some(([, bytes]) => bytes.includes('\n'))).toBe(true)

  // Without the attributes git changes some of them: this test can fail.
  git(repository, 'add', '.')
  git(repository, 'commit', '-qm', 'As it is')
  git(folder, '-c', 'core.autocrlf=true', 'clone', '-q', repository, plain)
  const changed = bytesOf(join(plain, 'to do [1]')).filter(([, bytes], at) => bytes !== before[at][1])
  if (scenario.includes('pretty')) expect(changed.length).toBeGreaterThan(0)

  const { out, err } = await melda('init', '--git', '-t', document)
  expect([out, err]).toEqual([
    `${document} was there already\n${repository}/.gitattributes keeps git from changing its bytes: commit it with the document\n`,
    '',
  ])
  git(repository, 'add', '.')
  git(repository, 'commit', '-qm', 'With attributes')
  git(folder, '-c', 'core.autocrlf=true', 'clone', '-q', repository, clone)
  expect(bytesOf(join(clone, 'to do [1]'))).toEqual(before)
  // What is written there goes back as it is.
  git(clone, 'config', 'core.autocrlf', 'true')
  expect(git(clone, 'status', '--porcelain')).toBe('')
})

test('two people share a document by git alone: what they did apart is merged without a conflict of git', async () => {
  const folder = emptyFolder()
  const [alice, bob] = [join(folder, 'alice'), join(folder, 'bob')]
  mkdirSync(alice)
  git(alice, 'init', '-q', '-b', 'main')
  const update = (who: string, version: string, name: string) =>
    done('update', '-a', name, '-j', join(transcripts, version), '-t', join(who, 'todolist'))
  expect(await done('init', '-t', join(alice, 'todolist'), '--git')).toContain('is ready')
  await update(alice, 'v1.json', 'Alice')
  await update(alice, 'v2.json', 'Alice')
  const commit = (who: string) => {
    git(who, 'add', '.')
    git(who, 'commit', '-qm', 'Todo')
  }
  commit(alice)
  git(folder, '-c', 'core.autocrlf=true', 'clone', '-q', alice, bob)
  git(bob, 'config', 'core.autocrlf', 'true')
  await update(bob, 'v3_bob.json', 'Bob')
  await update(alice, 'v3_alice.json', 'Alice')
  commit(alice)
  commit(bob)
  git(alice, 'pull', '-q', '--no-rebase', '--no-edit', bob, 'main')
  git(bob, 'pull', '-q', '--no-rebase', '--no-edit', alice, 'main')
  const read = await done('read', '-s', join(alice, 'todolist'))
  expect(read).toContain('bob_todo_02')
  expect(read).toContain('alice_todo_02')
  expect(await done('read', '-s', join(bob, 'todolist'))).toBe(read)
  for (const who of [alice, bob]) expectSound(join(who, 'todolist'))
  // Nothing but folders at the top: a file there keeps the original's tools from opening it.
  expect(readdirSync(join(alice, 'todolist'), { withFileTypes: true }).every(entry => entry.isDirectory())).toBe(true)
})

test('init makes a place once, and --git writes its line once, after what stands there', async () => {
  const folder = emptyFolder()
  const document = join(folder, 'a', 'todo list')
  const first = await melda('init', '-t', document, '--git')
  expect(first.err).toContain('git init')
  expect(first.out).toContain('is ready')
  const attributes = join(folder, 'a', '.gitattributes')
  const line = '"/todo list/**" -text -ident -filter -working-tree-encoding -merge\n'
  expect(readFileSync(attributes, 'utf8')).toBe(line)
  writeFileSync(attributes, '*.md text')
  await melda('init', '-t', document, '--git')
  await melda('init', '-t', document, '--git')
  expect(readFileSync(attributes, 'utf8')).toBe(`*.md text\n${line}`)
  expect(JSON.parse(await done('init', '-t', join(folder, 'b'), '--json'))).toEqual({
    location: join(folder, 'b'),
    created: true,
  })
  expect(await done('init', '-t', `sqlite://${folder}/b.db`)).toBe(`${folder}/b.db is ready\n`)
  expect(await done('log', '-s', `sqlite://${folder}/b.db`)).toBe('')
})

test('where --git cannot work, it says so', async () => {
  const folder = emptyFolder()
  git(folder, 'init', '-q')
  expect(await failed(2, 'init', '-t', folder, '--git')).toMatch(/^option-invalid: .*inside a git repository/)
  expect(await failed(2, 'init', '-t', 'memory://', '--git')).toMatch(/^option-invalid: /)
})

test.each(['plain', 'to do [1]', 'a*b?c', '#1', 'é✓', 'quo"te', 'back\\slash', 'tab\there', '!not', ' lead'])(
  'git takes the line for the folder %j, and for no other',
  name => {
    const folder = emptyFolder()
    git(folder, 'init', '-q')
    writeFileSync(join(folder, '.gitattributes'), `${attributesLine(name)}\n`)
    const attribute = (path: string) =>
      execFileSync('git', ['-C', folder, 'check-attr', '-z', 'text', '--', path], { encoding: 'utf8' }).split('\0')[2]
    expect(attribute(`${name}/12/1234.pack`)).toBe('unset')
    expect(attribute(`${name}x/12/1234.pack`)).toBe('unspecified')
    expect(attribute(`other/${name}/12/1234.pack`)).toBe('unspecified')
  },
)
