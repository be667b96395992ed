/**
 * The service worker: keeps the page, so that it opens without a network. Browsers have it in secure contexts only (https, localhost).
 *
 * The page itself and what the server says of itself come from the network when it answers, else from the cache. Files whose name
 * holds a digest never change, and come from the cache. A new version is put beside the old one, and the old one stays until the one
 * after: what an open tab of the old version may still ask for is there.
 */

// The types of service workers exclude those of pages: these few are what is used here.
interface LifeEvent {
  waitUntil(done: Promise<unknown>): void
}
interface WorkerFetchEvent {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}
interface WorkerScope {
  skipWaiting(): Promise<void>
  addEventListener(type: 'install' | 'activate', listener: (event: LifeEvent) => void): void
  addEventListener(type: 'fetch', listener: (event: WorkerFetchEvent) => void): void
}
const worker = globalThis as unknown as WorkerScope

/** Filled in by the build. */
const { version, files } = JSON.parse('BUILD') as { version: string; files: string[] }
const prefix = 'meldwork-board-'
const cacheName = prefix + version
const page = '/'
const config = '/config.json'
/** A network that takes longer to answer is none. */
const patienceMs = 4000

worker.addEventListener('install', event => {
  event.waitUntil(install().then(() => worker.skipWaiting()))
})
worker.addEventListener('activate', event => {
  event.waitUntil(dropOldCaches())
})
worker.addEventListener('fetch', event => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin) return
  if (request.mode === 'navigate') {
    if (pathname === page || pathname === '/index.html') event.respondWith(networkFirst(request, page))
  } else if (pathname === config) event.respondWith(networkFirst(request, config))
  else if (pathname !== page && files.includes(pathname)) event.respondWith(cacheFirst(request))
  else if (pathname.startsWith('/assets/')) event.respondWith(cacheFirst(request))
})

async function install(): Promise<void> {
  const cache = await caches.open(cacheName)
  // Past the browser's own cache: a page of one version with files of another would not run.
  await cache.addAll(files.map(file => new Request(file, { cache: 'reload' })))
  await fetch(config).then(
    response => (response.ok ? cache.put(config, response) : undefined),
    () => undefined,
  )
}

/** Keeps this version's cache, and the one before. */
async function dropOldCaches(): Promise<void> {
  const others = (await caches.keys()).filter(name => name.startsWith(prefix) && name !== cacheName)
  await Promise.all(others.slice(0, -1).map(name => caches.delete(name)))
}

/** @param key under which the answer is kept, whatever else the request says */
async function networkFirst(request: Request, key: string): Promise<Response> {
  const cache = await caches.open(cacheName)
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(patienceMs) })
    // The page belongs to its files: another version's page is kept with that version.
    if (response.ok && key === config) await cache.put(key, response.clone())
    if (response.ok || response.type === 'opaqueredirect') return response
    return (await cache.match(key)) ?? response
  } catch (error) {
    const kept = await cache.match(key)
    if (kept === undefined) throw error
    return kept
  }
}

async function cacheFirst(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  const cache = await caches.open(cacheName)
  return (await cache.match(pathname)) ?? (await caches.match(pathname)) ?? fetch(request)
}

export {}
