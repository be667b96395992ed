// `RESULTS.md`: what a full run has found.
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { markdownTable } from './figures.mjs'
import { goalTable } from './judge.mjs'

/**
 * @param file where to
 * @param sections for each workload its `name`, `note`, `results` and `goals`
 */
export function writeResults(file, sections) {
  const versions = new Map(
    sections.flatMap(({ results }) => [...results.peers].map(([peer, { version }]) => [peer, version])),
  )
  const packages = [...versions].filter(([, version]) => version).map(([peer, version]) => `${peer} ${version}`)
  const counts = new Map()
  for (const { state } of sections.flatMap(({ goals }) => goals)) counts.set(state, (counts.get(state) ?? 0) + 1)
  const [{ model }] = cpus()
  const page = [
    '# Results',
    `Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: Node ${process.version}, ${cpus().length} x ${model}, ${Math.round(
      totalmem() / 2 ** 30,
    )} GiB, ${process.platform}. ${packages.join(', ')}. What is measured, and how it is kept fair: [README](README.md).`,
    "Each figure is a median, with the least and the greatest where they differ; `x` is ours divided by the peer's.",
    '## Goals',
    `${[...counts].map(([state, count]) => `${count} ${state}`).join(', ')}.`,
    markdownTable(goalTable(sections.flatMap(({ goals }) => goals))),
    ...sections.flatMap(({ name, note, results }) => [
      `## ${name}`,
      `${results.workload.title}. ${note}`,
      markdownTable(results.table),
    ]),
  ]
  writeFileSync(file, `${page.join('\n\n')}\n`)
}
