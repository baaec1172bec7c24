// The current Atmosphere client: node current.mjs URL OPTIONS

import { WebSocket } from 'ws';
import report from './report.cjs';

const { tell, tellMessage, takeOrders } = report;
const [url, options] = process.argv.slice(2);

// It expects the browser's; Node has its own only since version 22.
globalThis.WebSocket ??= WebSocket;
const { Atmosphere } = await import('atmosphere-5');

const atmosphere = new Atmosphere({ logLevel: 'silent' });
const request = {
  url,
  transport: 'websocket',
  contentType: 'application/json',
  reconnect: true,
  reconnectInterval: 100,
  maxReconnectOnClose: 50,
  ...JSON.parse(options || '{}'),
};
const subscription = await atmosphere.subscribe(request, {
  open: () => tell('open', {}),
  reopen: () => tell('reopen', {}),
  reconnect: () => tell('reconnect', {}),
  message: (response) => tellMessage(response.responseBody),
  close: () => tell('close', {}),
  error: (error) => tell('error', { reason: String(error) }),
  transportFailure: (reason) => tell('transport_failure', { reason: String(reason) }),
});
takeOrders((message) => subscription.push(message), () => subscription.close());
