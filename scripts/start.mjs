// `npm start`: builds what is missing or older than its sources, then runs `meldwork serve` with the arguments given.
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { buildAll } from './build.mjs'
import { at } from './run.mjs'

const main = at('packages/meldwork-cli/dist/main.js')
try {
  await buildAll({ onlyStale: true, log: line => console.error(line) })
} catch (error) {
  console.error(error.message)
  process.exit(1)
}
if (!existsSync(main)) {
  console.error('The command is not built: packages/meldwork-cli has no src/main.ts.')
  process.exit(1)
}
// In this process, so that signals and the exit code are the command's own.
process.argv = [process.execPath, main, 'serve', ...process.argv.slice(2)]
await import(pathToFileURL(main).href)
