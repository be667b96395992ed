import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

const pagesUnder = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return /^(node_modules|dist|artifacts|\..*)$/.test(entry.name) ? [] : pagesUnder(path)
    return entry.name.endsWith('.md') ? [path] : []
  })

/** The anchors of a page, made from its headings as code hosts make them. */
const anchorsOf = (text: string) =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{Letter}\p{Number} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

test.each(pagesUnder(root).map(page => [relative(root, page), page]))('every link of %s leads somewhere', (_, page) => {
  const text = readFileSync(page, 'utf8').replace(/^```[\s\S]*?^```/gm, '')
  const broken = [...text.matchAll(/\]\((?!https?:)([^)#]*)#?([^)]*)\)/g)].filter(([, path, anchor]) => {
    const target = path ? join(dirname(page), path) : page
    const found = statSync(target, { throwIfNoEntry: false })
    if (!found) return true
    return anchor !== '' && !(found.isFile() && anchorsOf(readFileSync(target, 'utf8')).includes(anchor))
  })
  expect(broken.map(([link]) => link)).toEqual([])
})
