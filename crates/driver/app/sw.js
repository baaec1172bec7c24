// Keeps the shell of the app, so that it starts without a network. Nothing of the driver's goes through here.

// The server writes a digest of all files here: a new version of any is a new service worker and a new cache.
const VERSION = '@VERSION@';
const SHELL = '@SHELL@'.split(' ');
const CACHE = `odograph-driver-${VERSION}`;

self.addEventListener('install', (event) => {
  const keep = async () => {
    const cache = await caches.open(CACHE);
    // Past the browser's own cache, or the shell could mix two versions.
    await cache.addAll(SHELL.map((url) => new Request(url, { cache: 'reload' })));
    await self.skipWaiting();
  };
  event.waitUntil(keep());
});

self.addEventListener('activate', (event) => {
  const tidy = async () => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith('odograph-driver-') && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  const isPage = request.mode === 'navigate' && (url.pathname === '/driver' || url.pathname === '/driver/');
  const key = isPage ? '/driver' : url.pathname;
  if (!SHELL.includes(key)) return;
  const answer = async () => {
    const cache = await caches.open(CACHE);
    return (await cache.match(key)) ?? fetch(request);
  };
  event.respondWith(answer());
});
