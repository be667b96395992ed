/** Runs before each test file: gives fast-check the seed and the number of runs of this test run. */
import fc from 'fast-check'
import { fuzz } from './fuzz.js'

fc.configureGlobal({ seed: fuzz.seed, numRuns: fuzz.runs(100) })
