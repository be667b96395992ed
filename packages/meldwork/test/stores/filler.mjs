// A process of its own for level-full.test.ts: a clone that writes until its store takes no more.
//   node filler.mjs <address of the library> <folder> <ballast>
// says one line of JSON for each thing that happened. Makes space by removing the ballast, if there is one.
import { rmSync, writeSync } from 'node:fs'

const [library, folder, ballast] = process.argv.slice(2)
const say = (what, value) => writeSync(1, `${JSON.stringify({ what, value })}\n`)
const { openClone } = await import(`${library}index.js`)
const { LevelStore } = await import(`${library}stores/level.js`)
// Not to be packed into less.
const text = () => Array.from({ length: 3000 }, () => String.fromCharCode(33 + Math.random() * 90)).join('')
const acknowledged = []

const clone = await openClone({ domain: 'full.example', store: new LevelStore(folder) })
const write = async id => {
  await clone.write({ '@id': id, text: text() })
  acknowledged.push(id)
}
/** Writes until it is refused. */
const fill = async name => {
  for (let number = 0; number < 5000; number++) {
    try {
      await write(`${name}-${number}`)
    } catch (error) {
      return say('refused', [error.code, error.facts.reason, clone.get(`${name}-${number}`) === undefined])
    }
  }
  say('never refused', acknowledged.length)
}

await fill('first')
say(
  'reads',
  acknowledged.every(id => clone.get(id) !== undefined),
)
say('status', clone.status.value.storage?.facts.reason)
// It has asked again by then, if that is any use.
await new Promise(resolve => setTimeout(resolve, 600))
if (ballast) {
  const before = clone.status.value.storage?.facts.reason
  say('still', before)
  rmSync(ballast)
}
await clone.status.becomes({ storage: undefined }, { timeoutMs: 60_000 })
for (let number = 0; number < 20; number++) await write(`after-${number}`)
// What is there now must not depend on an orderly end.
const { digest } = clone.stats()
say('digest', digest)
say('acknowledged', acknowledged)
process.kill(process.pid, 'SIGKILL')
