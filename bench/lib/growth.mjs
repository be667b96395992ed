// How times grow with size.

/** The exponent `e` that fits best when times grow as `size ** e`: least squares of their logarithms. */
export function exponent(sizes, times) {
  const [xs, ys] = [sizes, times].map(values => values.map(Math.log))
  const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length
  const [x, y] = [mean(xs), mean(ys)]
  const products = xs.map((each, i) => (each - x) * (ys[i] - y))
  const squares = xs.map(each => (each - x) ** 2)
  return mean(products) / mean(squares)
}

/** The least times of one operation at several sizes. What else a machine does only adds: the least is what the operation costs. */
export class Growth {
  least = new Map()

  add(operation, size, ms) {
    const times = this.least.get(operation) ?? new Map()
    this.least.set(operation, times.set(size, Math.min(times.get(size) ?? ms, ms)))
  }

  exponents() {
    return Object.fromEntries(
      [...this.least].map(([operation, times]) => [operation, exponent([...times.keys()], [...times.values()])]),
    )
  }
}
