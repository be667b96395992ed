import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeFrame, encodeFrame, messageBytes, type RelayFrame, relayBounds } from '../../src/codec/index.js'
import { hasCode } from '../../src/errors.js'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytes = (...values: number[]) => Uint8Array.from(values)

/** What a released version sends: these bytes decode for ever. */
const golden: [RelayFrame, string][] = [
  [{ type: 'hello', lowest: 1, highest: 1, token: '' }, '01 01 01 00'],
  [{ type: 'hello', lowest: 1, highest: 3, token: 'sé' }, '01 01 03 03 73c3a9'],
  [{ type: 'join', handle: 1, channel: 'b-_9', payload: bytes(7, 8) }, '02 01 04 622d5f39 02 0708'],
  [{ type: 'leave', handle: 300 }, '03 ac02'],
  [{ type: 'publish', handle: 5, payload: bytes(1, 2, 3) }, '04 05 010203'],
  [{ type: 'publish', handle: 5, payload: bytes() }, '04 05'],
  [{ type: 'send', handle: 5, to: 128, payload: bytes(1) }, '05 05 8001 01'],
  [{ type: 'announce', handle: 5, payload: bytes(9) }, '06 05 09'],
  [{ type: 'ping' }, '07'],
  [{ type: 'pong' }, '08'],
  [{ type: 'welcome', version: 1, maxMessageBytes: 65536, connection: 'c' }, '10 01 808004 01 63'],
  [{ type: 'joined', handle: 1, channel: 2, member: 3, peer: 'p' }, '11 01 02 03 01 70'],
  [{ type: 'refused', handle: 1, code: 1, final: true, reason: 'no' }, '12 01 01 01 02 6e6f'],
  [
    {
      type: 'present',
      channel: 2,
      members: [
        { member: 3, peer: 'p', payload: bytes(1) },
        { member: 4, peer: 'q', payload: bytes() },
      ],
    },
    '13 02 03 01 70 01 01 04 01 71 00',
  ],
  [{ type: 'absent', member: 3 }, '14 03'],
  [{ type: 'message', from: 3, payload: bytes(1, 2) }, '15 03 0102'],
  [{ type: 'direct', handle: 1, from: 3, payload: bytes(1, 2) }, '16 01 03 0102'],
  [{ type: 'goodbye', code: 7, final: false, reason: '' }, '17 07 00 00'],
]

describe('relay frames', () => {
  test.each(golden)('%o', (frame, expected) => {
    expect(hex(encodeFrame(frame))).toBe(expected.replaceAll(' ', ''))
    expect(decodeFrame(encodeFrame(frame))).toEqual(frame)
  })

  const malformed = (input: string) => {
    expect(() => decodeFrame(Buffer.from(input.replaceAll(' ', ''), 'hex')), input).toThrow(
      expect.toSatisfy(error => hasCode(error, 'data-malformed')),
    )
  }

  test('what is cut short, too long, or encoded in another way is malformed', () => {
    malformed('')
    for (const [frame, expected] of golden) {
      if (!('payload' in frame) || frame.type === 'join') malformed(`${expected}00`)
      if (frame.type !== 'ping' && frame.type !== 'pong') malformed(expected.slice(0, 2))
    }
    malformed('01 02 01 00') // an empty range of versions
    malformed('01 01 01 01 ff') // not UTF-8
    malformed('02 01 00 00') // no name
    malformed('02 01 01 2f 00') // a slash in a name
    malformed('02 01 02 61 0a 00') // a line break at its end
    malformed('03 8000') // a varint that is too long
    malformed('10 01 ffff03 01 63') // messages of 65,535 bytes
    malformed('11 01 02 03 01 20') // a space in a peer id
    malformed('12 01 01 02 00') // a flag of 2
    malformed('13 02') // nobody present
    malformed('07 00')
  })

  test('every field has its bound, and the bound itself is allowed', () => {
    const atBound: RelayFrame[] = [
      { type: 'hello', lowest: 0, highest: 255, token: 't'.repeat(relayBounds.token) },
      { type: 'join', handle: 1, channel: 'c'.repeat(64), payload: new Uint8Array(relayBounds.presence) },
      { type: 'announce', handle: 1, payload: new Uint8Array(relayBounds.presence) },
      { type: 'joined', handle: Number.MAX_SAFE_INTEGER, channel: 1, member: 1, peer: 'p'.repeat(64) },
    ]
    const beyond: RelayFrame[] = [
      { type: 'hello', lowest: 0, highest: 255, token: 't'.repeat(relayBounds.token + 1) },
      { type: 'join', handle: 1, channel: 'c'.repeat(65), payload: bytes() },
      { type: 'join', handle: 1, channel: 'c', payload: new Uint8Array(relayBounds.presence + 1) },
      { type: 'announce', handle: 1, payload: new Uint8Array(relayBounds.presence + 1) },
      { type: 'joined', handle: 1, channel: 1, member: 1, peer: 'p'.repeat(65) },
    ]
    for (const frame of atBound) expect(decodeFrame(encodeFrame(frame))).toEqual(frame)
    for (const frame of beyond) malformed(hex(encodeFrame(frame)))
  })

  test('a reason is cut to its bound, between characters', () => {
    for (const reason of ['r'.repeat(600), '€'.repeat(600), '😀'.repeat(600), `r${'😀'.repeat(600)}`]) {
      const decoded = decodeFrame(encodeFrame({ type: 'goodbye', code: 1, final: true, reason }))
      expect(decoded).toMatchObject({ final: true })
      const cut = (decoded as { reason: string }).reason
      expect(cut.length).toBeGreaterThan(160)
      expect(reason.startsWith(cut)).toBe(true)
    }
  })

  test('frames of unknown types are skipped, whatever is in them', () => {
    for (const type of [0, 9, 15, 24, 255]) expect(decodeFrame(bytes(type, 255, 255))).toBeUndefined()
  })

  test('arbitrary bytes decode to a frame that encodes to them, or are malformed', () => {
    const type = fc.integer({ min: 0, max: 25 })
    const anything = fc.tuple(type, fc.uint8Array({ maxLength: 200 })).map(([first, rest]) => bytes(first, ...rest))
    const bent = fc
      .tuple(fc.constantFrom(...golden), fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }), fc.nat())
      .map(([[frame], changes, cut]) => {
        const encoded = encodeFrame(frame)
        for (const [at, value] of changes) encoded[at % encoded.length] = value
        return cut % 3 === 0 ? encoded.subarray(0, cut % encoded.length) : encoded
      })
    fc.assert(
      fc.property(fc.oneof(anything, bent), input => {
        try {
          const frame = decodeFrame(input)
          if (frame !== undefined) expect(hex(encodeFrame(frame))).toBe(hex(input))
        } catch (error) {
          if (!hasCode(error, 'data-malformed')) throw error
        }
      }),
    )
  })

  test('what a frame announces is never allocated: members take memory in proportion to the bytes that came', () => {
    malformed(`02 01 01 61 ffffffffffff0f`)
    malformed(`13 02 03 ffffffffffff0f`)
    // The shortest entries there can be: 4 bytes each.
    const list = bytes(19, 2, ...Array.from({ length: 1000 }, () => [3, 1, 112, 0]).flat())
    expect(decodeFrame(list)).toMatchObject({ members: { length: 1000 } })
  })

  test('the data of a message event is bytes, or nothing', () => {
    const whole = bytes(1, 2, 3, 4)
    expect(messageBytes(whole.subarray(1, 3))).toEqual(bytes(2, 3))
    expect(messageBytes(Buffer.from([1, 2]))).toEqual(bytes(1, 2))
    expect(messageBytes(whole.buffer)).toEqual(whole)
    for (const data of ['text', [whole], null, undefined, new Blob([]), 5]) expect(messageBytes(data)).toBeUndefined()
  })
})
