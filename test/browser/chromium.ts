import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'

/** No window, no sandbox (containers have none to give), and nothing that would talk to the internet by itself. */
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Why a test was skipped: put it into the name of the test. */
export const noChromium = 'no Chromium found: set CHROMIUM_PATH, or install /usr/bin/chromium or @sparticuz/chromium'

/**
 * The file of the browser: `CHROMIUM_PATH`, else `/usr/bin/chromium`, else the package `@sparticuz/chromium` if installed.
 * @returns `undefined` when there is none: skip the tests, and say {@link noChromium}
 * @throws when there is none although `CI` is set, where a skipped test would be a test lost; or when `CHROMIUM_PATH`
 *   names no file
 */
export async function findChromium(): Promise<string | undefined> {
  const wanted = process.env.CHROMIUM_PATH
  if (wanted) {
    if (!existsSync(wanted)) throw new Error(`CHROMIUM_PATH names no file: ${wanted}`)
    return wanted
  }
  if (existsSync('/usr/bin/chromium')) return '/usr/bin/chromium'
  const found = await packagedChromium()
  if (found === undefined && process.env.CI) throw new Error(noChromium)
  return found
}

async function packagedChromium(): Promise<string | undefined> {
  // Not a dependency: a name that no type checker or bundler looks up.
  const name = '@sparticuz/chromium'
  try {
    const { default: packaged } = await import(/* @vite-ignore */ name)
    return await packaged.executablePath()
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}

export interface ChromiumOptions {
  /** Flags beside the fixed ones, as `--host-resolver-rules=MAP app.example 127.0.0.1`. */
  flags?: string[]
  /** A profile to go on with. By default a fresh one, which is removed on closing. */
  profile?: string
}

/** A running browser. `await using` closes it. */
export interface LaunchedChromium extends AsyncDisposable {
  /** Its default context, with a profile on disk (a context made by `newContext` keeps IndexedDB in memory). */
  readonly context: BrowserContext
  close(): Promise<void>
}

/** Starts a browser of its own. All pages of its context share one profile: cookies, IndexedDB. */
export async function launchChromium(executablePath: string, options: ChromiumOptions = {}): Promise<LaunchedChromium> {
  const profile = options.profile ?? (await mkdtemp(join(tmpdir(), 'chromium-profile-')))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    // Playwright's own long list of flags changes what is tested; these are what it cannot do without.
    ignoreDefaultArgs: true,
    args: [...flags, ...(options.flags ?? []), `--user-data-dir=${profile}`, '--remote-debugging-pipe', 'about:blank'],
  })
  const close = async () => {
    await context.close()
    // The last of its processes may write on for a moment.
    if (options.profile === undefined) await rm(profile, { recursive: true, force: true, maxRetries: 10 })
  }
  return { context, close, [Symbol.asyncDispose]: close }
}
