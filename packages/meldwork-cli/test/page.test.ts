import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fetched, opened } from './gateway-client.js'
import { emptyFolder } from './running.js'

/** A page as the build makes it, with what should not be in it. */
function somePage(): string {
  const folder = emptyFolder()
  const page = join(folder, 'page')
  mkdirSync(join(page, 'assets'), { recursive: true })
  writeFileSync(join(folder, 'secret.txt'), 'secret')
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>Board</title>')
  writeFileSync(join(page, 'service-worker.js'), 'addEventListener("fetch", () => {})')
  writeFileSync(join(page, 'assets', 'index-4f2a1b.js'), 'document.title = "Board"')
  writeFileSync(join(page, '.hidden'), 'hidden')
  symlinkSync(join(folder, 'secret.txt'), join(page, 'link.txt'))
  return page
}

test('the page is served, with headers that let it be kept and keep it honest', async () => {
  const gateway = await opened({ page: somePage() })
  const start = await fetched(gateway, '/')
  expect(start).toMatchObject({ status: 200, body: expect.stringContaining('Board') })
  expect(start.headers).toMatchObject({
    'cache-control': 'no-cache',
    'content-type': 'text/html; charset=utf-8',
    'x-content-type-options': 'nosniff',
  })
  const policy = start.headers['content-security-policy']
  expect(policy).toContain("default-src 'none'; script-src 'self';")
  expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:${gateway.port} wss://127.0.0.1:${gateway.port};`)
  expect(policy).not.toContain('unsafe')
  expect(await fetched(gateway, '/index.html')).toMatchObject({ body: start.body })
  const script = await fetched(gateway, '/assets/index-4f2a1b.js')
  expect(script.headers).toMatchObject({
    'cache-control': 'public, max-age=31536000, immutable',
    'content-type': 'text/javascript; charset=utf-8',
  })
  expect((await fetched(gateway, '/service-worker.js')).headers['cache-control']).toBe('no-cache')
  const again = await fetched(gateway, '/', { 'if-none-match': start.headers.etag })
  expect(again).toMatchObject({ status: 304, body: '' })
  expect(await fetched(gateway, '/', {}, 'HEAD')).toMatchObject({ status: 200, body: '' })
})

test('nothing but the page is served', async () => {
  const gateway = await opened({ page: somePage() })
  const paths = [
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/assets/../../secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '//etc/passwd',
    '/assets/%00',
    '/%',
    '/link.txt',
    '/.hidden',
    '/assets',
    '/assets/',
    '/constructor',
    '/nothing',
  ]
  for (const path of paths) {
    const { status, body } = await fetched(gateway, path)
    expect([path, status]).toEqual([path, 404])
    expect(body).not.toMatch(/secret|hidden|root/)
  }
  expect(await fetched(gateway, '/', {}, 'POST')).toMatchObject({ status: 404 })
})

test('without a page, the start says so', async () => {
  for (const page of [join(emptyFolder(), 'missing'), false] as const) {
    const gateway = await opened({ page })
    expect(gateway.hasPage).toBe(false)
    expect(await fetched(gateway, '/')).toMatchObject({ status: 404, body: expect.stringContaining('/health') })
  }
})
