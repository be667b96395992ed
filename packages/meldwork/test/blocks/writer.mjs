// A process of its own for processes.test.ts, and folder-rights.test.ts. Opens a store, and does what it is told, until it ends or is killed.
//   node writer.mjs <address of the compiled library> fs|sqlite <place> race <count>   tries to create each of <count> blocks, and says which it has created
//   node writer.mjs ... write <own name>    creates blocks of its own and says the name of each that is there, for ever
//   node writer.mjs ... try                 says what each operation answers
import { writeSync } from 'node:fs'

const [library, kind, place, task, argument] = process.argv.slice(2)
// Written at once: what a dying process has buffered would be lost.
const say = value => writeSync(1, `${JSON.stringify(value)}\n`)

const { FolderBlocks } = await import(`${library}blocks/fs.js`)
const { SqliteBlocks } = await import(`${library}blocks/sqlite.js`)
const options = { create: true }
const store = kind === 'fs' ? new FolderBlocks(place, options) : new SqliteBlocks(place, options)

/** Content that says who has written it, and is whole or not. */
const content = (name, writer) => {
  const line = new TextEncoder().encode(`${name} ${writer}\n`)
  const length = line.length * (1 + ((name.length * 997 + Number.parseInt(name.split('-')[1], 10) * 131) % 500))
  return Uint8Array.from({ length }, (_, index) => line[index % line.length])
}

const tasks = {
  async race() {
    await store.open()
    say('open')
    await new Promise(resolve => process.stdin.once('data', resolve))
    const names = Array.from({ length: Number(argument) }, (_, index) => `r${index % 7}-${index}.pack`)
    for (let at = 0; at < names.length; at += 4) {
      const some = names.slice(at, at + 4)
      const created = await Promise.all(some.map(name => store.write(name, content(name, process.pid))))
      for (const [index, name] of some.entries()) if (created[index]) say([name, process.pid])
    }
    await store.close()
    say('end')
    process.exit(0)
  },
  async write() {
    await store.open()
    for (let index = 0; ; index++) {
      const names = [`${argument}-${2 * index}.delta`, `${argument}-${2 * index + 1}.delta`]
      await Promise.all(names.map(name => store.write(name, content(name, argument))))
      for (const name of names) say(name)
    }
  },
  async try() {
    const answer = async (operation, ...given) => {
      try {
        const found = await store[operation](...given)
        say([operation, found instanceof Uint8Array ? found.length : (found ?? null)])
      } catch ({ code, facts, message }) {
        say([operation, { code, reason: facts?.reason, message }])
      }
    }
    await answer('open')
    await answer('list')
    await answer('read', 'ab.pack')
    await answer('write', 'abc.pack', new Uint8Array(1))
    await answer('write', 'cd.pack', new Uint8Array(1))
    await answer('write', 'ab.pack', new Uint8Array(1), 'replace')
  },
}
await tasks[task]()
