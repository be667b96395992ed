// The floors of the house, checked by `npm test` (docs/ARCHITECTURE.md).
// A room may import itself, src/errors.ts and the rooms named here; nothing else.
const mayImport = {
  codec: [], rdf: [], ports: [],                                                       // values and contracts
  causality: ['codec'],                                                                // time
  operation: ['causality', 'rdf', 'codec'],                                            // the change
  sequence: ['causality', 'codec'],
  subject: ['rdf'],                                                                    // JSON <-> quads
  graph: ['operation', 'sequence', 'causality', 'rdf', 'codec', 'ports'],              // state
  journal: ['operation', 'causality', 'codec', 'ports'],                               // history
  query: ['graph', 'subject', 'rdf'],                                                  // reading
  constraint: ['query', 'subject', 'causality', 'rdf'],                                     // what may change
  security: ['constraint', 'query', 'operation', 'rdf', 'codec'],
  transaction: ['security', 'constraint', 'query', 'subject', 'graph', 'journal', 'operation', 'sequence', 'causality', 'rdf', 'codec', 'ports'],
  sync: ['security', 'graph', 'journal', 'operation', 'causality', 'codec', 'ports'],
  clone: ['transaction', 'sync', 'security', 'constraint', 'query', 'subject', 'operation', 'causality', 'rdf', 'ports'],
  tabs: ['clone', 'stores', 'transports', 'codec', 'ports'],                          // a clone for several tabs
  binding: ['clone', 'constraint', 'query', 'subject', 'rdf'],
  document: ['codec', 'ports'],                                                        // the other wing
  stores: ['ports', 'codec'], transports: ['pubsub', 'ports', 'codec'], blocks: ['ports', 'codec'], // the doors
  pubsub: ['codec', 'ports'],                                                          // what adapters over brokers have in common
  environments: ['ports', 'codec'], formats: ['rdf'],                                  // node:crypto, node:zlib; n3, jsonld
  bindings: ['binding', 'clone', 'constraint', 'subject', 'rdf'],                                     // doors to rxjs, react ...
  testkit: ['constraint', 'subject', 'ports', 'causality', 'rdf', 'codec'],
}
const face = ['clone', 'binding', 'constraint', 'subject', 'rdf']                      // src/index.ts re-exports from these
const any = names => `^src/(${names.join('|')})/`
const oneFileOneDoor = any(['stores', 'transports', 'blocks', 'environments', 'formats', 'bindings', 'testkit'])  // no index.ts there
const nodeDoors = '^src/(stores/level|blocks/(fs|sqlite|brotli)|(transports|blocks)/[^/]+-node|environments/node)' // only these may use node:
const doors = any(['stores', 'transports', 'blocks', 'environments', 'formats', 'bindings', 'testkit'])
const socketIo = '^src/transports/socketio[-.]'                                          // the one door that builds on others
const ground = any(['codec', 'rdf', 'sequence'])                                       // may use small npm packages
const error = (name, from, to, comment) => ({ name, severity: 'error', from, to, comment })

module.exports = {
  forbidden: [
    ...Object.entries(mayImport).map(([room, below]) => error(`floor-${room}`, { path: `^src/${room}/` },
      { path: '^src/', pathNot: [any([room, ...below]), '^src/errors[.]ts$'] },
      `${room}/ may import only: ${below.join(', ') || 'nothing'}`)),
    error('floor-face', { path: '^src/index[.]ts$' }, { pathNot: [`^src/(${face.join('|')})/index[.]ts$`, '^src/errors[.]ts$'] }, 'the face only re-exports'),
    error('errors-is-the-ground', { path: '^src/errors[.]ts$' }, {}),
    error('known-rooms-only', { path: '^src/', pathNot: [any(Object.keys(mayImport)), '^src/(index|errors)[.]ts$'] }, {}, 'a new room needs a line in mayImport'),
    error('no-import-of-unknown-rooms', {}, { path: '^src/', pathNot: [any(Object.keys(mayImport)), '^src/(index|errors)[.]ts$'] }),
    error('no-circular', {}, { circular: true }),
    error('face-only', { path: '^src/([^/]+)/' }, { path: '^src/[^/]+/(?!index[.]ts$)', pathNot: ['^src/$1/', oneFileOneDoor] }, 'another room is entered through its index.ts'),
    error('not-through-own-face', { path: '^src/([^/]+)/(?!index[.]ts$)' }, { path: '^src/$1/index[.]ts$' }),
    error('one-door-one-file', { path: '^src/(stores|transports|blocks|environments|formats)/([a-z0-9]+)[-.]', pathNot: socketIo }, { path: '^src/(stores|transports|blocks|environments|formats)/', pathNot: '^src/$1/$2[-.]' }, 'no door drags in another: x.ts may have parts x-*.ts'),
    error('socketio-is-a-relay', { path: socketIo }, { path: doors, pathNot: [socketIo, '^src/transports/(relay|websocket(?!-node))[-.]'] }, 'beside its own parts it has the relay and its client: these need no package'),
    error('only-declared', { path: '^src/' }, { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'], dependencyTypesNot: ['npm-peer'], pathNot: '^shacl-engine$' }, 'declared in package.json and resolvable'),
    error('resolvable', { path: '^src/' }, { couldNotResolve: true, pathNot: '^shacl-engine$' }, 'that one is with the oracle, test/oracle: it brings a hundred packages'),
    error('third-parties-at-the-doors', { path: '^src/', pathNot: [doors, ground] }, { pathNot: '^src/' }, 'only the doors and the ground touch npm packages'),
    error('node-at-node-doors', { path: '^src/', pathNot: nodeDoors }, { dependencyTypes: ['core'] }, 'everything else runs in a browser'),
    error('ground-is-portable', { path: ground }, { dependencyTypes: ['npm-dev'] }, 'its types reach the published d.ts too'),
    error('not-to-test', { path: '^src/' }, { path: '^test/' }),
  ],
  options: { tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' }, doNotFollow: { path: 'node_modules' } },
}
