'use strict';
// A client on a page in headless Chromium: node browser.cjs KIND URL OPTIONS
// KIND is plain (the browser's own WebSocket), classic or current (Atmosphere as a page loads it).

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { chromium } = require('playwright-core');
const { tell, tellMessage, takeOrders } = require('./report.cjs');
const [kind, url, options] = process.argv.slice(2);

const libraries = {
  plain: [],
  classic: ['atmosphere-4/lib/atmosphere.js'],
  current: ['atmosphere-5/dist/atmosphere.global.js'],
};

// What runs on the page. `tell` and `tellMessage` are this process's.
const scripts = {
  plain: ({ url }) => {
    const socket = new WebSocket(url);
    socket.onopen = () => tell('open', { extensions: socket.extensions, protocol: socket.protocol });
    socket.onmessage = (event) => tellMessage(event.data);
    socket.onclose = (event) => tell('close', { code: event.code, reason: event.reason });
    window.push = (message) => socket.send(message);
    window.end = () => socket.close(1000);
  },
  classic: ({ url, options }) => {
    const request = {
      url,
      transport: 'websocket',
      fallbackTransport: 'long-polling',
      contentType: 'application/json',
      logLevel: 'error',
      enableXDR: true,
      reconnectInterval: 100,
      maxReconnectOnClose: 50,
      ...options,
      onOpen: (response) => tell('open', { transport: response.transport }),
      onReopen: (_request, response) => tell('reopen', { transport: (response || {}).transport }),
      onMessage: (response) => tellMessage(response.responseBody),
      onClose: () => tell('close', {}),
      onError: (response) => tell('error', { reason: String(response.reasonPhrase) }),
      onTransportFailure: (reason) => tell('transport_failure', { reason: String(reason) }),
    };
    const socket = window.atmosphere.subscribe(request);
    window.push = (message) => socket.push(message);
    window.end = () => socket.close();
  },
  current: async ({ url, options }) => {
    const atmosphere = new window.AtmosphereJS.Atmosphere({ logLevel: 'silent' });
    const request = {
      url,
      transport: 'websocket',
      contentType: 'application/json',
      reconnect: true,
      reconnectInterval: 100,
      maxReconnectOnClose: 50,
      ...options,
    };
    const subscription = await atmosphere.subscribe(request, {
      open: () => tell('open', {}),
      reopen: () => tell('reopen', {}),
      message: (response) => tellMessage(response.responseBody),
      close: () => tell('close', {}),
      error: (error) => tell('error', { reason: String(error) }),
      transportFailure: (reason) => tell('transport_failure', { reason: String(reason) }),
    });
    window.push = (message) => subscription.push(message);
    window.end = () => subscription.close();
  },
};

// A page of another origin than the server's, as an integrator's is.
function serve() {
  const server = http.createServer((request, response) => {
    const name = request.url.slice(1);
    if (libraries[kind].includes(name)) {
      response.setHeader('Content-Type', 'text/javascript');
      response.end(fs.readFileSync(path.join(__dirname, 'node_modules', name)));
      return;
    }
    const tags = libraries[kind].map((library) => `<script src="/${library}"></script>`);
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><title>client</title>${tags.join('')}`);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

(async () => {
  const server = await serve();
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ],
  });
  process.stdin.on('end', () => browser.close().then(() => process.exit(0)));
  const page = await browser.newPage();
  page.on('pageerror', (error) => tell('page_error', { reason: String(error) }));
  await page.exposeFunction('tell', tell);
  await page.exposeFunction('tellMessage', tellMessage);
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  takeOrders(
    (message) => page.evaluate((text) => window.push(text), message),
    () => page.evaluate(() => window.end()),
  );
  await page.evaluate(scripts[kind], { url, options: JSON.parse(options || '{}') });
})();
