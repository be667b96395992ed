import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants } from 'node:zlib'
import {
  type BlockCompression,
  type BlockStore,
  CompressedBlocks,
  type CompressedBlocksOptions,
} from '../ports/index.js'

const compress = promisify(brotliCompress)
const decompress = promisify(brotliDecompress)
/** Both as Melda's tools have them: the smallest files, slowly. */
const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 }

const brotli: BlockCompression = {
  extension: '.brotli',
  compress: async bytes =>
    plain(await compress(bytes, { params: { ...params, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } })),
  decompress: async (bytes, maxBytes) => plain(await decompress(bytes, { maxOutputLength: maxBytes })),
}

/**
 * Blocks in files of brotli (RFC 7932), with the names that Melda's tools give them: `NAME.brotli`. In Node only: browsers have no brotli for
 * programs. Writing is slow, about a second for each MB; reading is fast.
 */
export class BrotliBlocks extends CompressedBlocks {
  /** @param store where the files are */
  constructor(store: BlockStore, options?: CompressedBlocksOptions) {
    super(store, brotli, options)
  }
}

/** The same bytes as a plain Uint8Array: `slice` of a Buffer would not copy, and surprise the reader. */
const plain = (bytes: Uint8Array) => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
