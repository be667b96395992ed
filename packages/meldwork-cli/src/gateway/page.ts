import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'

/** One file of the page, ready to be sent. */
export interface PageFile {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly type: string
  readonly cacheControl: string
  readonly tag: string
}

/** The files of a page, by the path under which they are asked for. */
export type Page = ReadonlyMap<string, PageFile>

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

/**
 * Reads a page into memory, whole: what is served is what was there then, and no request can name anything else on the disk.
 * Symbolic links and files whose name begins with a dot are left out.
 * @returns undefined when there is no such folder
 */
export async function readPage(folder: string): Promise<Page | undefined> {
  const files = new Map<string, PageFile>()
  const read = async (path: string, below: string) => {
    for (const entry of await readdir(below, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue
      const place = join(below, entry.name)
      if (entry.isDirectory()) await read(`${path}${entry.name}/`, place)
      else if (entry.isFile()) files.set(`${path}${entry.name}`, await readPageFile(place, `${path}${entry.name}`))
    }
  }
  try {
    await read('/', folder)
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined
    throw error
  }
  const start = files.get('/index.html')
  if (start !== undefined) files.set('/', start)
  return files
}

async function readPageFile(place: string, path: string): Promise<PageFile> {
  const bytes = new Uint8Array(await readFile(place))
  // What Vite puts there has a digest of its content in its name. All else must be asked about each time.
  const hashed = path.startsWith('/assets/')
  return {
    bytes,
    type: types[extname(path).toLowerCase()] ?? 'application/octet-stream',
    cacheControl: hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    tag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
  }
}

/**
 * What the page may do, for the `Content-Security-Policy` header: its own scripts and styles, and connections to where it came from.
 * @param host the `Host` header: not every browser takes `'self'` for WebSockets too
 */
export function contentSecurityPolicy(host: string | undefined): string {
  const sockets = host !== undefined && /^[\w.:[\]-]+$/.test(host) ? ` ws://${host} wss://${host}` : ''
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    `connect-src 'self'${sockets}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
