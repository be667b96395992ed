import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'
import { rules } from './src/rules.js'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/**
 * Tells the service worker which files make the page, and a version that changes with any of them. Their names hold a digest of their
 * content, except those of `public` and the page itself.
 */
function listFiles(): Plugin {
  return {
    name: 'list-files',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const worker = bundle['sw.js']
      if (worker?.type !== 'chunk') throw new Error('The service worker has not been built')
      const digest = createHash('sha256')
      const files = ['/']
      for (const output of Object.values(bundle)) {
        if (output === worker) continue
        digest.update(output.fileName).update(output.type === 'chunk' ? output.code : output.source)
        if (output.fileName !== 'index.html') files.push(`/${output.fileName}`)
      }
      for (const name of readdirSync(at('public'))) {
        digest.update(readFileSync(at(`public/${name}`)))
        files.push(`/${name}`)
      }
      const build = { version: digest.digest('hex').slice(0, 16), files: files.sort() }
      const filled = worker.code.replace(/(["'`])BUILD\1/, () => JSON.stringify(JSON.stringify(build)))
      if (filled === worker.code) throw new Error('The service worker has no place for its list of files')
      worker.code = filled
    },
  }
}

/** Puts the rules of a board beside the page, for the gateway that serves it. */
function giveRules(): Plugin {
  return {
    name: 'give-rules',
    generateBundle() {
      const source = `${JSON.stringify(rules, undefined, 2)}\n`
      this.emitFile({ type: 'asset', fileName: 'constraints.json', source })
    },
  }
}

export default defineConfig({
  plugins: [giveRules(), listFiles()],
  build: {
    target: ['chrome123', 'firefox124', 'safari17.4'],
    sourcemap: false,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: at('index.html'), sw: at('src/sw.ts') },
      // A service worker stays at its address.
      output: { entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
})
