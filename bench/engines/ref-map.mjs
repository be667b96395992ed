// The floor, not an engine: plain objects, and a map by hand for each question.
export const name = 'ref-map'

export function load(rows) {
  const objects = new Map()
  const indexes = { city: new Map(), dept: new Map(), knows: new Map() }
  for (const row of rows) {
    const object = { ...row }
    objects.set(row['@id'], object)
    for (const [key, index] of Object.entries(indexes)) {
      const value = row[key]['@id'] ?? row[key]
      const same = index.get(value)
      if (same) same.push(object)
      else index.set(value, [object])
    }
  }
  const old = ({ age }) => age > 50
  return {
    subj: id => Object.entries(objects.get(id)).length - 1,
    po: city => indexes.city.get(city).slice().length,
    join: dept =>
      indexes.dept
        .get(dept)
        .filter(old)
        .map(object => [object['@id'], object.age]).length,
    link: city =>
      indexes.city
        .get(city)
        .flatMap(target =>
          (indexes.knows.get(target['@id']) ?? []).filter(old).map(object => [object['@id'], target['@id']]),
        ).length,
  }
}
