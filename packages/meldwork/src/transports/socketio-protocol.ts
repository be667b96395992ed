/** The namespace in which a relay is served, unless another is named. */
export const defaultNamespace = '/meldwork'

/** The one event of both directions. Its one argument is a frame of the relay's protocol, binary. */
export const frameEvent = 'frame'

/** How long a packet of Engine.IO is, near enough: what is not binary is short, and mostly ASCII. */
export function packetBytes({ data }: { readonly data?: unknown }): number {
  if (typeof data === 'string') return data.length
  return (data as Partial<ArrayBufferView> | undefined)?.byteLength ?? 0
}

/**
 * What a client says last in the namespace; the server disconnects it then. Neither side leaves by itself: for whatever reaches a server for a namespace that it
 * has disconnected, or while it handles that the client has, Socket.IO closes the whole connection, with the app's other namespaces.
 */
export const leaveEvent = 'leave'
