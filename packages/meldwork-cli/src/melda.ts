#!/usr/bin/env node
import { processTerminal } from './commands/terminal.js'
import { runMelda } from './melda/program.js'

process.exitCode = await runMelda(process.argv.slice(2), processTerminal())
