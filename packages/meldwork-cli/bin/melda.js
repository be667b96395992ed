#!/usr/bin/env node
// The command, for npm to link: this file is there also before the package has been built.
import { existsSync } from 'node:fs'

const main = new URL('../dist/melda.js', import.meta.url)
if (existsSync(main)) await import(main.href)
else {
  console.error('The command is not built yet: npm run build')
  process.exitCode = 1
}
