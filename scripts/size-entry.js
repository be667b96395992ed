// What an app that keeps its data in memory and meets others over WebSocket puts into its bundle: measured by size-limit.
export * from 'meldwork'
export * from 'meldwork/stores/memory'
export * from 'meldwork/transports/websocket'
