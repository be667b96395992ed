import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import typescript from 'typescript'

const packageFolder = fileURLToPath(new URL('../../', import.meta.url))

/**
 * Compiles a store into `folder`, for a process of its own: not from `dist`, which may be older than the sources under test.
 * @param packages whether npm packages can be found from there
 * @returns the address to import
 */
export function compileStore(name: 'level' | 'indexeddb', folder: string, packages: boolean): string {
  const ports = filesOf('ports')
  const parts = name === 'level' ? ['stores/level-trouble'] : ['stores/indexeddb-lease']
  const files = ['errors', ...ports, `stores/${name}`, ...parts]
  compile(files, folder, packages)
  return pathToFileURL(join(folder, `stores/${name}.js`)).href
}

/**
 * Compiles the block stores into `folder`, for processes of their own.
 * @param packages whether npm packages can be found from there
 * @returns the address of the folder: `${address}blocks/fs.js` is one of them
 */
export function compileBlocks(folder: string, packages = true): string {
  compile(['errors', ...filesOf('ports'), ...filesOf('blocks')], folder, packages)
  return `${pathToFileURL(folder).href}/`
}

/**
 * Compiles the whole library into `folder`, for processes of their own.
 * @returns the address of the folder: `${address}index.js` is the library, `${address}stores/level.js` one of its doors
 */
export function compileLibrary(folder: string): string {
  const all = readdirSync(join(packageFolder, 'src'), { recursive: true, encoding: 'utf8' })
  const files = all.filter(file => file.endsWith('.ts') && !file.endsWith('.d.ts')).map(file => file.slice(0, -3))
  compile(files, folder, true)
  return `${pathToFileURL(folder).href}/`
}

const filesOf = (room: string) =>
  readdirSync(join(packageFolder, 'src', room)).map(file => `${room}/${file.slice(0, -3)}`)

function compile(files: readonly string[], folder: string, packages: boolean): void {
  const { ESNext } = typescript.ModuleKind
  const compilerOptions = { module: ESNext, target: typescript.ScriptTarget.ES2023, verbatimModuleSyntax: true }
  for (const file of files) {
    const source = readFileSync(join(packageFolder, 'src', `${file}.ts`), 'utf8')
    const target = join(folder, `${file}.js`)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, typescript.transpileModule(source, { compilerOptions }).outputText)
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  if (packages) symlinkSync(join(packageFolder, '../../node_modules'), join(folder, 'node_modules'), 'junction')
}
