import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build, type Rolldown } from 'vite'

/** Bundles a script as an app would, and serves it on this machine under a page that runs it. */
export async function serveScript(script: URL): Promise<{ port: number; close(): Promise<void> }> {
  const files = new Map<string, string>()
  const output = (await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      minify: false,
      rolldownOptions: { input: fileURLToPath(script), output: { entryFileNames: 'script.js' } },
    },
  })) as Rolldown.RolldownOutput
  for (const file of output.output) if (file.type === 'chunk') files.set(`/${file.fileName}`, file.code)

  const page = '<!doctype html><meta charset="utf-8"><script type="module" src="/script.js"></script>'
  const server = createServer((request, response) => {
    const code = files.get(request.url ?? '')
    response.setHeader('content-type', code === undefined ? 'text/html' : 'text/javascript')
    response.end(code ?? page)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
