import { CodedError } from '../errors.js'
import { type BlockStore, CompressedBlocks, type CompressedBlocksOptions, platformEnvironment } from '../ports/index.js'

/**
 * Blocks in files of raw DEFLATE (RFC 1951), with the names that Melda's tools give them: `NAME.flate`. Runs wherever the platform has Compression
 * Streams: in Node, and in browsers since 2023.
 */
export class DeflateBlocks extends CompressedBlocks {
  /**
   * @param store where the files are
   * @throws CodedError `option-invalid` when this platform has no Compression Streams
   */
  constructor(store: BlockStore, options?: CompressedBlocksOptions) {
    const { deflate, inflate } = platformEnvironment
    if (deflate === undefined || inflate === undefined) {
      const facts = { option: 'store', expected: 'a platform with CompressionStream' }
      throw new CodedError('option-invalid', 'This platform cannot compress: keep the blocks without it', facts)
    }
    super(store, { extension: '.flate', compress: deflate, decompress: inflate }, options)
  }
}
