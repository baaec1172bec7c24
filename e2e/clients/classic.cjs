'use strict';
// The classic Atmosphere client in its Node build: node classic.cjs PACKAGE URL OPTIONS

const { tell, tellMessage, takeOrders } = require('./report.cjs');
const [name, url, options] = process.argv.slice(2);

// The client writes these two at load; newer versions of Node make the first one read-only.
for (const global of ['navigator', 'WebSocket']) {
  Object.defineProperty(globalThis, global, { value: undefined, writable: true, configurable: true });
}
const atmosphere = require(name);

let socket;
const request = {
  url,
  transport: 'websocket',
  fallbackTransport: 'long-polling',
  contentType: 'application/json',
  logLevel: 'error',
  reconnectInterval: 100,
  maxReconnectOnClose: 50,
  ...JSON.parse(options || '{}'),
  onOpen: (response) => tell('open', { transport: response.transport, uuid: request.uuid }),
  onReopen: (_request, response) => tell('reopen', { transport: (response || {}).transport }),
  onReconnect: () => tell('reconnect', {}),
  onMessage: (response) => tellMessage(response.responseBody),
  onClose: () => tell('close', {}),
  onError: (response) => tell('error', { reason: String(response.reasonPhrase) }),
  onTransportFailure: (reason) => tell('transport_failure', { reason: String(reason) }),
  onClientTimeout: () => tell('client_timeout', {}),
};
socket = atmosphere.subscribe(request);
takeOrders((message) => socket.push(message), () => socket.close());
