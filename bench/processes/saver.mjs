// A process of its own: a peer writes the objects and saves the whole to a file. So nothing that this took is in the memory of the process that loads it: memory of WebAssembly never shrinks.
import { writeFileSync } from 'node:fs'
import { objects } from '../lib/data.mjs'

const { peerName, count, entropy, file } = JSON.parse(process.argv[2])
const peer = await import(`../peers/${peerName}.mjs`)
const source = await peer.create(undefined, { historyless: true })
await source.putAll(objects(count, entropy))
await source.settled()
writeFileSync(file, await source.encode())
process.send('saved', () => process.exit(0))
