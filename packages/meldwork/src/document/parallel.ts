/**
 * Does something with each item, several at a time. After a failure none is begun; it rejects when those under way have ended.
 * @param atOnce how many at a time
 */
export async function inParallel<Item>(
  items: readonly Item[],
  atOnce: number,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0
  const work = async (): Promise<void> => {
    while (next < items.length) {
      try {
        await act(items[next++])
      } catch (error) {
        next = items.length
        throw error
      }
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, work))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}
