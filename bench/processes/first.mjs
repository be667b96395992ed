// A process of its own: imports the core, opens a clone, writes and reads for the first time. Says how long each took.
const start = performance.now()
const [{ openClone }, { MemoryStore }] = await Promise.all([import('meldwork'), import('meldwork/stores/memory')])
const imported = performance.now()
const clone = await openClone({ domain: 'bench.example', store: new MemoryStore(), genesis: true })
const opened = performance.now()
const durable = clone.write({ '@id': 'fred', name: 'Fred', count: 1 })
if (clone.get('fred').name !== 'Fred') throw new Error('wrong result')
await durable
const written = performance.now()
const figures = { importMs: imported - start, openMs: opened - imported, writeMs: written - opened }
process.send(figures, () => process.exit(0))
