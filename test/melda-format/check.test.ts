import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { checkFolder, type Report } from './check.mjs'
import { canonical, type JsonObject, parse } from './sections.mjs'

const fixtures = fileURLToPath(new URL('../../packages/meldwork/test/vectors/melda/', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'melda-format-'))
afterAll(() => rmSync(scratch, { recursive: true }))

/** What a folder shows, in the words of the fixtures' dumps. */
interface Dump {
  anchors: string[]
  in_conflict: string[]
  objects: Record<
    string,
    { winner: string; history: string[]; value_text: string; conflicting?: Record<string, string> }
  >
  read: { text: string } | { error: string } | { panic: true }
}
interface Step {
  step: { op: string; r: string; url?: string; from?: string; to?: string }
  result: unknown
}

const dumpOf = ({ anchors, objects, read }: Report): Dump => ({
  anchors,
  in_conflict: Object.keys(objects).filter(id => objects[id].leaves.length > 1),
  objects: Object.fromEntries(
    Object.entries(objects).map(([id, { winner, history, value, conflicting }]) => [
      id,
      { winner, history, value_text: value, ...(Object.keys(conflicting).length > 0 ? { conflicting } : {}) },
    ]),
  ),
  read: 'panic' in read ? { panic: true } : read,
})

/** By folder, the last dump of a replica that had nothing staged and had seen all that was on the disk. */
const lastDumps = (steps: Step[]) => {
  const folders = new Map<string, string>()
  const dumps = new Map<string, Dump>()
  /** Those whose dump is not what is on their disk. */
  const apart = new Set<string>()
  for (const { step, result } of steps) {
    const { op, r } = step
    const folder = folders.get(r)!
    if (op === 'open') folders.set(r, basename(step.url!).replaceAll(' ', '%20'))
    if (op === 'copydir' && step.from !== step.to) dumps.set(basename(step.to!), dumps.get(basename(step.from!))!)
    if (op === 'meld' || (op === 'commit' && result !== null)) dumps.delete(folder)
    if (/^(update|resolve|create|delete|snapshot|meld)/.test(op)) apart.add(r)
    if (/^(open|refresh|commit|unstage)/.test(op)) apart.delete(r)
    if (op === 'dump' && !apart.has(r) && !(result as { panic?: string }).panic) dumps.set(folder, result as Dump)
  }
  return dumps
}

const names = ({ errors, warnings }: Report) => [...errors, ...warnings].map(({ check }) => check)
const foldersIn = (path: string) => readdirSync(path).filter(name => statSync(join(path, name)).isDirectory())

/** What the fixtures' folders break; all others break nothing. */
const broken: Record<string, string[]> = {
  '04_types_nested_unicode/a': ['B/exponent-style'],
  '05_delete_resurrect/a': ['A.3/unknown-descriptor'],
  '07_concurrent_moves/b': ['D.4/array-conflict'],
  '07b_commit_with_array_conflict_deadlocks/a': ['D.4/array-conflict'],
  '14_anonymous_and_primitives/a': ['A.2/repeated-item', 'A.2/primitive-item'],
  '17_object_api/a': ['D.2/origin-update'],
  '18_custom_root/a': ['A.3/no-root'],
  '33_corrupt_pack/a': ['D.3/name'],
  '36_pack_pretty_printed/a': ['D.3/canonical-bytes', 'D.3/canonical-object'],
  '38_escaped_braces_in_pack/a': ['D.3/canonical-object'],
  '39_two_updates_before_first_commit/a': ['D.2/origin-update'],
  '41_stray_files/a': ['D.1/top-level-file'],
}

describe('what libmelda 0.6.5 wrote', () => {
  const scenarios = foldersIn(join(fixtures, 'scenarios'))
  const stepsOf = (scenario: string): Step[] =>
    JSON.parse(readFileSync(join(fixtures, 'scenarios', scenario, 'result.json'), 'utf8'))
  const reportOf = (scenario: string, folder: string) => checkFolder(join(fixtures, 'scenarios', scenario, folder))

  const all = scenarios.flatMap(scenario =>
    foldersIn(join(fixtures, 'scenarios', scenario)).map(folder => ({ scenario, folder })),
  )
  test.each(all)('$scenario/$folder breaks nothing more than what is known', ({ scenario, folder }) => {
    const report = reportOf(scenario, folder)
    const known = broken[`${scenario}/${folder}`] ?? (folder === 'todolist_step4_melded' ? ['D.4/array-conflict'] : [])
    expect(names(report)).toEqual(known)
    expect(report.generation).toBe('D')
    expect(report.flavour).toBe(/flate|brotli/.exec(scenario)?.[0] ?? 'plain')
  })

  const dumped = scenarios.flatMap(scenario =>
    [...lastDumps(stepsOf(scenario))].map(([folder, dump]) => ({ scenario, folder, dump })),
  )
  test('most folders were dumped last as they are', () => {
    const shown = dumped.map(({ scenario, folder }) => `${scenario}/${folder}`)
    expect(all.map(({ scenario, folder }) => `${scenario}/${folder}`).filter(name => !shown.includes(name))).toEqual([
      '07b_commit_with_array_conflict_deadlocks/a',
      '07b_commit_with_array_conflict_deadlocks/b',
      '10_two_origins/b',
      '16_identical_concurrent/b',
      '33_corrupt_pack/a',
      '41_stray_files/a',
      '45_space_in_path/my%20dir',
    ])
  })
  test.each(dumped)('$scenario/$folder shows what was dumped last', ({ scenario, folder, dump }) => {
    expect(dumpOf(reportOf(scenario, folder))).toEqual(dump)
  })

  test.each(['33_corrupt_pack', '41_stray_files'])('%s cannot be opened', scenario => {
    const [{ result }] = stepsOf(scenario)
    const report = reportOf(scenario, 'a')
    expect(report.read).toEqual(result)
    expect(report.blocked).toHaveLength(3)
    expect([report.anchors, report.objects]).toEqual([[], {}])
  })

  test.each([
    ['31_missing_parent', '2-', 'D.4/missing-parent', 1],
    ['32_missing_pack', 'df', 'D.4/missing-pack', 2],
  ])('%s, as it was before it was healed', (scenario, missing, check, blocked) => {
    const folder = join(scratch, scenario)
    cpSync(join(fixtures, 'scenarios', scenario, 'a'), folder, { recursive: true })
    rmSync(join(folder, missing), { recursive: true })
    const report = checkFolder(folder)
    const dump = stepsOf(scenario).find(({ step }) => step.op === 'dump')!.result
    expect(dumpOf(report)).toEqual(dump)
    expect(names(report)).toEqual([check])
    expect(report.blocked).toHaveLength(blocked)
    expect(report.blocked[0].reason).toBe(check)
  })

  test('what was not dumped', () => {
    const hung = reportOf('07b_commit_with_array_conflict_deadlocks', 'a')
    expect(hung.objects['^√@items♭'].leaves).toHaveLength(2)
    expect([JSON.parse(hung.objects['^√@items♭'].order!).sort(), hung.anchors.length]).toEqual([
      ['1', '2', '3', '4'],
      2,
    ])
    const spaced = reportOf('45_space_in_path', 'my%20dir')
    expect(spaced.anchors).toEqual(stepsOf('45_space_in_path')[2].result)
    expect(spaced.read).toEqual({ text: '{"_id":"√","t":1}' })
  })
})

describe('what libmelda 0.4.1 wrote', () => {
  const folder = (name: string) => join(fixtures, 'cli_0.4.1', name)
  const transcript = readFileSync(folder('transcript.txt'), 'utf8')
  /** What a command printed, each time that it was run. */
  const printed = (command: string) =>
    transcript
      .split(/^\$ libmelda-tools /m)
      .filter(run => run.startsWith(`${command}\n`))
      .map(run => run.slice(command.length + 1).replace(/\n?\[exit \d+\]\n$/, ''))
  const without = (...prefixes: string[]) => {
    const copy = mkdtempSync(join(scratch, 'cli-'))
    cpSync(folder('todolist'), copy, { recursive: true })
    for (const name of foldersIn(copy)) {
      const left = readdirSync(join(copy, name)).filter(file => prefixes.some(prefix => file.startsWith(prefix)))
      for (const file of left) rmSync(join(copy, name, file))
    }
    return checkFolder(copy)
  }
  const reads = printed('read -s file:///FIXTURE/todolist')
  const order = '^df9a00d3a2c7d498c502519a042141e1da9d681b8fb8f9bdb809ac6b375a6419'

  test('the folder at the end shows what was written last', () => {
    const report = checkFolder(folder('todolist'))
    expect([names(report), report.generation]).toEqual([[], 'B'])
    const written = parse(readFileSync(folder('v3_alice.json'), 'utf8')) as JsonObject
    expect(report.read).toEqual({ text: canonical(new Map([...written, ['_id', '√']])) })
    const [committed] = printed('update -j v3_alice.json -t file:///FIXTURE/todolist')
    expect(report.anchors.map(id => `Committed block ${id}`)).toEqual([committed])
  })

  test('the folder as it was before', () => {
    const first = without('a9', 'cf', '0b', 'c0')
    expect([first.read, names(first)]).toEqual([{ text: reads[0] }, []])
    const melded = without('a9', 'cf')
    expect([melded.read, names(melded)]).toEqual([{ text: reads[1] }, ['D.4/array-conflict']])
    const [history] = printed('history -s file:///FIXTURE/todolist -o alice_todo_01')
    expect(melded.objects.alice_todo_01.history.join('\n')).toBe(history)
    const [value] = printed('value -s file:///FIXTURE/todolist -o bob_todo_01')
    expect(melded.objects.bob_todo_01.value).toBe(value)
    const { winner, value: shown, conflicting } = melded.objects[order]
    const losers = Object.entries(conflicting).map(([revision, object]) => `\t🗲 ${revision}: ${object}`)
    const [listed] = printed('conflicts -s file:///FIXTURE/todolist')
    expect([`${order}:`, `\t🏆 ${winner}: ${shown}`, ...losers].join('\n')).toBe(listed)
    const [log] = printed('log -s file:///FIXTURE/todolist')
    expect(melded.anchors).toEqual([...log.matchAll(/^\(A\) Block: (.*)$/gm)].map(([, id]) => id))
    const resolved = without('a9')
    const [resolution] = printed('resolve -t file:///FIXTURE/todolist')
    expect(resolution).toContain(`${order} resolved as ${resolved.objects[order].winner} (previous: ${winner})`)
    expect(resolved.objects[order].leaves).toHaveLength(1)
  })

  test('the folders of others', () => {
    const melded = checkFolder(folder('todolist_melded'))
    expect([melded.read, names(melded)]).toEqual([{ text: reads[1] }, ['D.4/array-conflict']])
    const [bob] = printed(
      `read -s file:///FIXTURE/todolist_melded -b 0bdb98b35c18220a44a3dd4380a201a380cdeeb8b85f77a790a2efee6a9f5b46`,
    )
    const report = checkFolder(folder('todolist_bob'))
    expect([report.read, names(report)]).toEqual([{ text: bob }, []])
  })
})

describe('the program', () => {
  const program = fileURLToPath(new URL('check.mjs', import.meta.url))
  const folder = (scenario: string) => join(fixtures, 'scenarios', scenario, 'a')

  test('prints a report', () => {
    const json = execFileSync(process.execPath, [program, folder('10_two_origins'), '--json'], { encoding: 'utf8' })
    expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(checkFolder(folder('10_two_origins')))))
    const text = execFileSync(process.execPath, [program, folder('10_two_origins')], { encoding: 'utf8' })
    expect(text).toContain('generation D, plain, 3 deltas applied\nanchors (1)\n  2-1494357f')
  })

  test('ends with 1 if there are errors, with 2 without a folder', () => {
    const damaged = spawnSync(process.execPath, [program, folder('33_corrupt_pack')], { encoding: 'utf8' })
    expect([damaged.status, damaged.stdout]).toEqual([1, expect.stringContaining('errors (1)\n  D.3/name ')])
    const nowhere = spawnSync(process.execPath, [program, join(scratch, 'nowhere')], { encoding: 'utf8' })
    expect([nowhere.status, nowhere.stderr]).toEqual([2, expect.stringContaining('is no folder')])
  })
})
