// Runs the examples of the documents against the built packages, so that what a page shows is true.
//
// A fenced block that opens with "```ts run" is a whole program. It is type-checked strictly, then run by Node in an
// empty folder of its own. Where lines end in "// prints TEXT", the program must print exactly these texts, in order.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { at, filesUnder, root, run } from './run.mjs'

const pages = ['README.md', 'docs', 'packages/meldwork/README.md', 'packages/meldwork-cli/README.md']
  .flatMap(path => filesUnder(at(path)))
  .filter(path => path.endsWith('.md'))

/** The marked blocks of a page, each with the line at which its code starts. */
function examplesOf(page) {
  const lines = readFileSync(page, 'utf8').split('\n')
  const examples = []
  for (let line = 0; line < lines.length; line++) {
    if (lines[line].trim() !== '```ts run') continue
    const end = lines.indexOf('```', line + 1)
    if (end < 0) throw new Error(`${relative(root, page)}:${line + 1}: the example has no end`)
    examples.push({
      where: `${relative(root, page)}:${line + 2}`,
      firstLine: line + 1,
      code: lines.slice(line + 1, end),
    })
    line = end
  }
  return examples
}

const examples = pages.flatMap(examplesOf)
if (examples.length === 0) throw new Error('no page has an example marked "ts run"')

// Inside the repository, so that Node and the compiler find the packages as a reader's project would.
const folder = at('artifacts/examples')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
for (const example of examples) {
  example.name = example.where.replace(/[^a-zA-Z0-9]+/g, '-')
  // Blank lines in front, so that errors show the line of the page.
  const code = [...Array(example.firstLine).fill(''), ...example.code]
  writeFileSync(join(folder, `${example.name}.ts`), `${code.join('\n')}\nexport {}\n`)
}
const config = { extends: '../../tsconfig.base.json', include: ['*.ts'] }
config.compilerOptions = { types: ['node'], rootDir: '.', outDir: 'out', skipLibCheck: true }
writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }')

let failed = 0
const report = (where, problem) => {
  failed++
  console.log(`${where}: ${problem}`)
}
const { code, output } = await run('tsc', ['-p', join(folder, 'tsconfig.json'), '--pretty', 'false'])
if (code !== 0) report('types of the examples', output)

for (const { where, name, code } of examples) {
  const cwd = mkdtempSync(join(tmpdir(), 'meldwork-example-'))
  const result = spawnSync(process.execPath, [join(folder, 'out', `${name}.js`)], {
    cwd,
    encoding: 'utf8',
    timeout: 30_000,
  })
  rmSync(cwd, { recursive: true, force: true })
  const expected = code.flatMap(line => line.match(/\/\/ prints (.*)$/)?.[1] ?? []).map(line => line.trim())
  const printed = result.stdout.split('\n').filter(line => line !== '')
  if (result.error) report(where, result.error.message)
  else if (result.status !== 0) report(where, `exit ${result.status ?? result.signal}\n${result.stderr}`)
  else if (expected.length > 0 && expected.join('\n') !== printed.join('\n'))
    report(where, `should print\n${expected.join('\n')}\nbut printed\n${printed.join('\n')}`)
}
console.log(`${examples.length} examples, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
