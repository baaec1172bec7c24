'use strict';
// A plain WebSocket client, as most integrations are: node plain.cjs URL

const WebSocket = require('ws');
const { tell, tellMessage, takeOrders } = require('./report.cjs');
const [url] = process.argv.slice(2);

const socket = new WebSocket(url, { origin: 'https://app.example.test' });
socket.on('open', () => tell('open', { extensions: socket.extensions, protocol: socket.protocol }));
socket.on('message', (data, isBinary) => (isBinary ? tell('binary', {}) : tellMessage(data.toString())));
socket.on('ping', () => tell('ping', {}));
socket.on('pong', () => tell('pong', {}));
socket.on('close', (code, reason) => tell('close', { code, reason: reason.toString() }));
socket.on('error', (error) => tell('error', { reason: String(error) }));
takeOrders(
  (message) => socket.send(message),
  () => {
    socket.ping();
    socket.close(1000);
  },
);
