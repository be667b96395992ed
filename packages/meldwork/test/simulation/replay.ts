import type { History } from '../../src/testkit/simulation.js'

/** The command that runs a history again. */
export function replay({ seed, steps, sites, rules, networks }: History): string {
  const all = typeof steps === 'number' ? Array.from({ length: steps }, (_, index) => index) : steps
  const some = all === undefined ? '' : ` --steps ${all.length === 0 ? 'none' : all.join()}`
  return `npm run simulate -- ${seed}${rules ? ' --rules' : ''}${networks === undefined ? '' : ` --networks ${networks}`}${some}${sites === undefined ? '' : ` --sites ${sites}`}`
}
