// `node test/melda-format/check.mjs <folder> [--json]`: checks a folder of Melda's format, of any of its four generations, and tells
// what the original would show of it. `--checks` lists the checks. Ends with 1 if there are errors, with 2 if it cannot be run.
import { existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { folderGeneration, generationOf } from './0-generation.mjs'
import { readFolder } from './d1-folder.mjs'
import { readDelta } from './d2-delta.mjs'
import { checkIndex, readPack } from './d3-pack.mjs'
import { load, objectOf } from './d4-load.mjs'
import { checks, Findings } from './findings.mjs'
import { viewOf } from './view.mjs'

const checkIndexes = (indexes, packFiles, packs, findings) => {
  for (const file of indexes) {
    const pack = packs.find(({ id, whole }) => id === file.stem && whole)
    if (pack)
      checkIndex(
        file,
        packFiles.find(({ stem }) => stem === file.stem),
        findings,
      )
  }
}

/** The deltas as the reader of the folder's generation takes them: those of another one are skipped. */
const ofGeneration = (deltas, packs, findings) => {
  const told = deltas.map(delta => generationOf(delta, digest => objectOf(digest, packs)))
  const generation = folderGeneration(told)
  const taken = deltas.map((delta, at) => {
    const foreign = told[at] === undefined ? delta.numbered !== (generation === 'D') : told[at] !== generation
    if (delta.skipped || !foreign) return delta
    findings.add('0/mixed-generations', delta.id, told[at])
    return { ...delta, skipped: '0/mixed-generations' }
  })
  return { generation, deltas: taken }
}

/**
 * Checks a folder. See `check.d.mts` for what comes back.
 * @param {string} path
 */
export const checkFolder = path => {
  const findings = new Findings()
  const { flavour, files } = readFolder(path, findings)
  const kind = wanted => files.filter(file => file.kind === wanted)
  const packs = kind('pack').map(file => readPack(file, findings))
  const names = new Set(kind('delta').map(({ stem }) => stem))
  const read = kind('delta').flatMap(file => readDelta(file, names, findings))
  const { generation, deltas } = ofGeneration(read, packs, findings)
  if (generation !== 'D') checkIndexes(kind('index'), kind('pack'), packs, findings)
  const loaded = load(deltas, packs, findings)
  const { failure } = findings
  const view = failure === undefined ? viewOf(loaded, generation, findings) : undefined
  const unopened = deltas.map(({ id }) => ({ id, reason: 'D.4/open', needs: failure }))
  return {
    generation,
    flavour,
    errors: findings.of('error', generation),
    warnings: findings.of('warning', generation),
    ready: view ? loaded.ready : [],
    anchors: view ? loaded.anchors : [],
    blocked: view ? loaded.blocked : unopened,
    objects: view ? Object.fromEntries(view.objects) : {},
    read: view ? view.read : { error: failure },
  }
}

const rows = (title, lines) =>
  lines.length > 0 ? [`${title} (${lines.length})`, ...lines.map(line => `  ${line}`)] : []

/** A report for people. */
const describe = report => {
  const finding = ({ check, where, message }) => `${check.padEnd(24)} ${where}  ${message}`
  const object = ([id, { winner, leaves, value, order }]) =>
    `${id}  ${winner}${leaves.length > 1 ? `  (${leaves.length} leaves)` : ''}  ${order ?? value}`
  const { text, error, panic } = report.read
  return [
    `generation ${report.generation ?? '-'}, ${report.flavour}, ${report.ready.length} deltas applied`,
    ...rows('errors', report.errors.map(finding)),
    ...rows('warnings', report.warnings.map(finding)),
    ...rows('anchors', report.anchors),
    ...rows(
      'blocked',
      report.blocked.map(({ id, reason, needs = '' }) => `${id}  ${reason}  ${needs}`),
    ),
    ...rows('objects', Object.entries(report.objects).map(object)),
    ...rows('read', [text ?? (panic === undefined ? `error: ${error}` : `panic: ${panic}`)]),
  ].join('\n')
}

const main = args => {
  if (args.includes('--checks')) {
    for (const [check, [level, text]] of Object.entries(checks))
      console.log(`${check.padEnd(24)} ${level('D').padEnd(8)} ${text}`)
    return 0
  }
  const [folder, ...others] = args.filter(argument => argument !== '--json')
  if (folder === undefined || others.length > 0) {
    console.error(
      'usage: node test/melda-format/check.mjs <folder> [--json]\n       node test/melda-format/check.mjs --checks',
    )
    return 2
  }
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    console.error(`${folder} is no folder`)
    return 2
  }
  const report = checkFolder(folder)
  console.log(args.includes('--json') ? JSON.stringify(report, null, 1) : describe(report))
  return report.errors.length > 0 ? 1 : 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2))
