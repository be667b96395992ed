// The floor, not a peer: plain maps where the last writer of a property wins, and JSON. It cannot merge objects, delete, or
// notice a lost message; it shows what the same work costs without replication.
export const name = 'ref-lww'
export const version = ''

let sites = 0

class Document {
  constructor(onMessage) {
    this.objects = new Map()
    this.time = 0
    this.site = sites++
    this.onMessage = onMessage
  }
  take(id, key, value, time, site) {
    let object = this.objects.get(id)
    if (!object) {
      object = new Map()
      this.objects.set(id, object)
    }
    const cell = object.get(key)
    if (!cell) object.set(key, [value, time, site])
    else if (cell[1] < time || (cell[1] === time && cell[2] < site)) {
      cell[0] = value
      cell[1] = time
      cell[2] = site
    }
    if (time > this.time) this.time = time
  }
  change(id, object) {
    const time = ++this.time
    for (const key in object) this.take(id, key, object[key], time, this.site)
    return [id, object, time, this.site]
  }
  send(changes) {
    this.onMessage?.(Buffer.from(JSON.stringify(changes)))
  }
  putAll(entries) {
    this.send(entries.map(([id, object]) => this.change(id, object)))
  }
  put(id, object) {
    this.send([this.change(id, object)])
  }
  set(id, key, value) {
    this.send([this.change(id, { [key]: value })])
  }
  assign(key, value) {
    this.set('map', key, value)
  }
  assigned() {
    return this.read('map')
  }
  apply(message) {
    for (const [id, object, time, site] of JSON.parse(message))
      for (const key in object) this.take(id, key, object[key], time, site)
  }
  settled() {}
  encode() {
    const all = []
    for (const [id, object] of this.objects) all.push([id, [...object].map(([key, cell]) => [key, ...cell])])
    return Buffer.from(JSON.stringify(all))
  }
  get(id, key) {
    return this.objects.get(id).get(key)[0]
  }
  read(id) {
    const object = {}
    for (const [key, cell] of this.objects.get(id) ?? []) object[key] = cell[0]
    return object
  }
  size() {
    return this.objects.size
  }
}

export const create = onMessage => new Document(onMessage)

export function load(bytes, onMessage) {
  const document = new Document(onMessage)
  for (const [id, cells] of JSON.parse(Buffer.from(bytes)))
    for (const [key, value, time, site] of cells) document.take(id, key, value, time, site)
  return document
}
