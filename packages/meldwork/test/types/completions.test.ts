/** What an editor offers where a request is typed: asked of the compiler's own language service. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const file = fileURLToPath(new URL('./typed-by-hand.ts', import.meta.url))
const root = fileURLToPath(new URL('../../../../', import.meta.url))
const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(`${root}tsconfig.test.json`, ts.sys.readFile).config,
  ts.sys,
  root,
)

let text = ''
const service = ts.createLanguageService({
  getCompilationSettings: () => ({ ...options, types: [] }),
  getScriptFileNames: () => [file],
  getScriptVersion: name => (name === file ? text : '1'),
  getScriptSnapshot: name => {
    if (name === file) return ts.ScriptSnapshot.fromString(text)
    return ts.sys.fileExists(name) ? ts.ScriptSnapshot.fromString(readFileSync(name, 'utf8')) : undefined
  },
  getCurrentDirectory: () => root,
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  fileExists: name => name === file || ts.sys.fileExists(name),
  readFile: ts.sys.readFile,
})

/** What is offered at the bar. */
function offered(typed: string): string[] {
  const before = `import type { Clone, Draft } from '../../src/index.js'
declare const clone: Clone, draft: Draft
`
  text = before + typed.replace('|', '')
  const found = service.getCompletionsAtPosition(file, before.length + typed.indexOf('|'), undefined)
  return (found?.entries ?? []).map(({ name }) => name.replace(/^["']|["']$/g, ''))
}

describe('an editor', () => {
  it.each<[string, string[]]>([
    ["clone.read({ '|' })", ['@select', '@describe', '@construct', '@where', '@orderBy', '@limit']],
    ["clone.read({ '@select': '?x', '|' })", ['@where', '@distinct', '@groupBy']],
    ["clone.read({ '@describe': '?x', '@where': { '|' } })", ['@id', '@type', '@filter', '@union', '@optional']],
    ["clone.read({ '@describe': '?x', '@where': { '@filter': { '|' } } })", ['@gt', '@regex', '@exists']],
    ["clone.read({ '@describe': '?x', '@where': [{ owner: { '|' } }] })", ['@id', '@value']],
    ["clone.read({ '@describe': '?x', '@orderBy': { '|' } })", ['@asc', '@desc']],
    ["clone.ask({ '|' })", ['@id', '@type', '@filter']],
    ["clone.write({ '|' })", ['@id', '@type', '@delete', '@insert', '@update', '@where', '@graph']],
    ["clone.write({ '@id': 'x', owner: { '|' } })", ['@id', '@type', '@list', '@value']],
    ["clone.patch({ '|' })", ['@id', '@type']],
    ["clone.put({ '|' })", ['@id', '@type', '@list']],
    ["draft.write({ '|' })", ['@insert', '@id']],
  ])('offers at %s what may stand there', (typed, expected) => {
    expect(offered(typed)).toEqual(expect.arrayContaining(expected))
  })
})
