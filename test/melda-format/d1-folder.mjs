/** Section D.1 of the format: the files of a folder; section E: their compression. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync, inflateRawSync } from 'node:zlib'

/** No file may become longer than this when it is decompressed, in bytes. */
const maxOutputLength = 2 ** 28

const inflate = {
  plain: bytes => bytes,
  flate: bytes => inflateRawSync(bytes, { maxOutputLength }),
  brotli: bytes => brotliDecompressSync(bytes, { maxOutputLength }),
}
const ending = /\.(pack|delta|index)(?:\.(flate|brotli))?$/
const signature = /\.delta\.[0-9a-f]+\.sig(\.flate|\.brotli)?$/

const namesIn = folder => readdirSync(folder).sort()
const isFolder = path => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

/** One flavour at a time can be read: that of the most files. */
const flavourOf = files => {
  const count = flavour => files.filter(file => file.flavour === flavour).length
  return Object.keys(inflate).reduce((most, flavour) => (count(flavour) > count(most) ? flavour : most))
}

/**
 * The packs, deltas and indexes of a folder. `bytes` are the uncompressed ones, undefined if they cannot be had.
 * @param {string} path
 * @param {import('./findings.mjs').Findings} findings
 */
export const readFolder = (path, findings) => {
  const listed = []
  for (const folder of namesIn(path)) {
    if (!isFolder(join(path, folder))) {
      findings.add('D.1/top-level-file', folder)
      findings.fail('Not a directory (os error 20)')
      continue
    }
    for (const name of namesIn(join(path, folder))) {
      const where = `${folder}/${name}`
      const found = ending.exec(name)
      if (isFolder(join(path, where))) {
        findings.add('D.1/depth', where)
      } else if (found) {
        const [suffix, kind, flavour = 'plain'] = found
        const stem = name.slice(0, -suffix.length)
        listed.push({ where, kind, flavour, stem, folder, key: `${stem}.${kind}` })
      } else if (!signature.test(name)) {
        findings.add('D.1/stray-file', where)
      }
    }
  }
  const flavour = flavourOf(listed)
  const files = []
  for (const file of listed) {
    if (file.flavour !== flavour) {
      findings.add('E/mixed-flavours', file.where)
      continue
    }
    if ([...file.key].slice(0, 2).join('') !== file.folder) {
      findings.add('D.1/folder', file.where)
      if (file.kind === 'pack') findings.fail('cannot_read_object')
      continue
    }
    let bytes
    try {
      bytes = inflate[flavour](readFileSync(join(path, file.where)))
    } catch {
      findings.add('E/compressed-bytes', file.where)
      if (file.kind === 'pack') findings.fail('cannot_read_object')
    }
    files.push({ ...file, bytes })
  }
  return { flavour, files }
}
