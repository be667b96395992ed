import { encodeFrame, goodbyeCodes, type RelayFrame } from '../codec/index.js'
import type { RelaySocket } from './relay-socket.js'

/** What a relay says last to a client. */
export type Farewell = Extract<RelayFrame, { type: 'goodbye' }>

export const farewell = (code: keyof typeof goodbyeCodes, final: boolean, reason: string): Farewell => ({
  type: 'goodbye',
  code: goodbyeCodes[code],
  final,
  reason,
})

/** Closes a socket after a farewell, or at once where there is none. */
export function closeSocket(socket: RelaySocket, farewell: Farewell | undefined) {
  try {
    if (farewell === undefined) return socket.terminate === undefined ? socket.close() : socket.terminate()
    socket.send(encodeFrame(farewell))
    socket.close(4000 + farewell.code)
  } catch {
    // It is closed already: all that was wanted.
  }
}
