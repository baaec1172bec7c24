'use strict';
// A driver's phone: the app at /driver in headless Chromium, touched by what it shows. node handset.cjs ORIGIN
//
// Orders: {"order": NAME, …}, each answered by a line with the callback `done` and what it found, or `failed`.

const fs = require('node:fs');
const path = require('node:path');
const { chromium } = require('playwright-core');
const { tell } = require('./report.cjs');
const { audit } = require('./audit.cjs');

const [origin] = process.argv.slice(2);
const PROFILE = path.join(process.cwd(), 'profile');
const PATIENCE_MS = 14_000;
/** Longer than anybody waits for what another tab does meanwhile. */
const FROZEN_MS = 30_000;

let context = null;
let page = null;
const troubles = [];

function watch(opened) {
  opened.setDefaultTimeout(PATIENCE_MS);
  opened.on('pageerror', (error) => troubles.push(String(error)));
  opened.on('console', (message) => {
    // A browser says so by itself when it cannot connect.
    if (message.type() === 'error' && !/net::ERR_|Failed to load resource/.test(message.text())) troubles.push(message.text());
  });
  return opened;
}

async function start() {
  context = await chromium.launchPersistentContext(PROFILE, {
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
    locale: 'en-GB',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ],
  });
  page = watch(context.pages()[0] ?? (await context.newPage()));
}

/** The browser's process: the child of this one that has our profile. */
function browserPid() {
  for (const name of fs.readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const parent = Number(fs.readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1].split(' ')[1]);
      if (parent === process.pid && fs.readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(PROFILE)) return Number(name);
    } catch {
      // It has ended meanwhile.
    }
  }
  throw new Error('the browser has no process');
}

/** The end that a phone's system gives an app: at once, with nothing put in order. */
async function kill() {
  const gone = new Promise((resolve) => context.once('close', resolve));
  process.kill(browserPid(), 'SIGKILL');
  await gone;
  // What keeps a second browser from the profile.
  for (const name of fs.readdirSync(PROFILE).filter((entry) => entry.startsWith('Singleton'))) fs.rmSync(path.join(PROFILE, name));
}

/** A button by its whole name, anything else by its role and how its name begins. */
function find({ role = 'button', name, within = 'body' }) {
  const begin = new RegExp(`^${name.replace(/[^\w ]/g, '\\$&')}`);
  const wanted = role === 'button' ? { name, exact: true } : { name: begin };
  return page.locator(within).getByRole(role, wanted).first();
}

/** A choice is touched on its label, which covers it. */
const tap = (order) => (order.role === 'radio' ? find(order).check({ force: true }) : find(order).click());

/** A photo as a camera makes it: larger than may be sent. */
async function photograph() {
  const blank = await context.newPage();
  const url = await blank.evaluate(() => {
    const canvas = document.createElement('canvas');
    canvas.width = 2000;
    canvas.height = 1500;
    const ink = canvas.getContext('2d');
    const image = ink.createImageData(canvas.width, canvas.height);
    const pixels = new Uint32Array(image.data.buffer);
    let seed = 1;
    for (let at = 0; at < pixels.length; at += 1) {
      seed ^= seed << 13;
      seed ^= seed >>> 17;
      seed ^= seed << 5;
      pixels[at] = seed | 0xff000000;
    }
    ink.putImageData(image, 0, 0);
    return canvas.toDataURL('image/jpeg', 0.95);
  });
  await blank.close();
  return Buffer.from(url.split(',')[1], 'base64');
}

async function sign(name) {
  const pad = page.getByRole('img', { name, exact: true });
  await pad.scrollIntoViewIfNeeded();
  const box = await pad.boundingBox();
  await page.mouse.move(box.x + 30, box.y + 60);
  await page.mouse.down();
  for (let step = 0; step < 20; step += 1) await page.mouse.move(box.x + 30 + step * 10, box.y + 60 + 30 * Math.sin(step));
  await page.mouse.up();
}

const orders = {
  start,
  kill,
  open: ({ at }) => page.goto(`${origin}${at}`),
  // Another tab of the same app; `close` goes back to the first.
  tab: async () => {
    page = watch(await context.newPage());
  },
  close: async () => {
    await page.close();
    [page] = context.pages();
  },
  // As a phone does with what nobody looks at: it keeps its locks and runs no more.
  freeze: () => {
    page.evaluate((until) => {
      while (Date.now() < until);
    }, Date.now() + FROZEN_MS).catch(() => {});
  },
  reload: () => page.reload(),
  // What a second start without a network needs.
  kept: async () => {
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await page.waitForFunction(async () => {
      const names = await caches.keys();
      return names.length > 0 && (await (await caches.open(names[0])).keys()).length > 10;
    });
  },
  offline: ({ is }) => context.setOffline(is),
  tap,
  write: ({ name, text }) => page.getByLabel(name, { exact: true }).fill(text),
  // Half of a character at the end, which no text of the test can hold.
  writeHalf: ({ name, text }) => page.getByLabel(name, { exact: true }).evaluate((field, whole) => {
    field.value = `${whole}\ud83d`;
    field.dispatchEvent(new Event('input'));
  }, text),
  reads: ({ name }) => page.getByLabel(name, { exact: true }).inputValue(),
  sees: ({ text, within = 'body' }) => page.locator(within).getByText(text, { exact: true }).first().waitFor(),
  counts: async ({ selector, count }) => {
    await page.waitForFunction(([wanted, number]) => document.querySelectorAll(wanted).length === number, [selector, count]);
  },
  texts: ({ selector }) => page.locator(selector).allTextContents(),
  photo: async ({ name }) => {
    const input = page.locator('fieldset', { has: page.locator('legend', { hasText: name }) }).locator('input[type=file]');
    await input.setInputFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer: await photograph() });
  },
  sign: ({ name }) => sign(name),
  place: async ({ lat, lng }) => {
    await context.grantPermissions(['geolocation'], { origin });
    await context.setGeolocation({ latitude: lat, longitude: lng, accuracy: 5 });
  },
  look: async ({ dark = false, width = 390, height = 844 }) => {
    await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
    await page.setViewportSize({ width, height });
  },
  audit: () => page.evaluate(audit),
  picture: ({ file }) => page.screenshot({ path: file }),
  troubles: () => troubles,
};

const lines = require('node:readline').createInterface({ input: process.stdin });
let turn = Promise.resolve();

lines.on('line', (line) => {
  const order = JSON.parse(line);
  const carryOut = async () => {
    try {
      const value = await orders[order.order](order);
      const isPlain = value === undefined || Array.isArray(value) || typeof value === 'string';
      tell('done', { order: order.order, value: isPlain ? value ?? null : null });
    } catch (error) {
      const screen = await page.locator('body').innerText({ timeout: 1000 }).catch(() => '');
      tell('failed', { order, reason: String(error).split('\n')[0], screen });
    }
  };
  turn = turn.then(carryOut);
});
lines.on('close', () => turn.then(() => context?.close()).finally(() => process.exit(0)));
