const wholes = new Map()

/** The objects as a peer encodes them, made once in a process. */
export async function wholeOf(peer, entries) {
  if (!wholes.has(peer)) {
    const source = await peer.create(undefined, { historyless: true })
    await source.putAll(entries)
    await source.settled()
    wholes.set(peer, await source.encode())
    await source.close?.()
  }
  return wholes.get(peer)
}
