// Runs in the browser, for socketio.test.ts: the transport, bundled as an app would.
import { SocketIoTransport } from '../../src/transports/socketio.js'

export type SocketIoPage = { readonly SocketIoTransport: typeof SocketIoTransport }

Object.assign(globalThis, { page: { SocketIoTransport } satisfies SocketIoPage })
