// What the pages show and what the link sends, and every change of it. Each change is in the store first.

import { on, tell } from './bus.js';
import { read, result, write } from './store.js';

/** Messages kept on the phone; the oldest that are read or sent go first. */
const MESSAGES_MAX = 2000;

export const LIMITS = {
  message_bytes_max: 65536, text_chars_max: 4000, note_chars_max: 1000,
  value_chars_max: 2000, points_max: 100, file_bytes_max: 1048576,
};
const NO_LISTS = { texts: [], forms: [], services: [], shares_position: false, driver: null, limits: LIMITS };

/** What is known now. `link` is one of idle, connecting, online, offline, replaced. */
export const state = { pairing: null, lists: NO_LISTS, messages: [], outbox: [], link: 'idle' };

/** An id that nobody else makes. */
export function newGuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

let loads = Promise.resolve();

/** Reads all of it from the store. One after the other, so that no older view follows a newer one. */
export function load() {
  loads = loads.catch(() => {}).then(readAll);
  return loads;
}

async function readAll() {
  await read(['kept', 'messages', 'outbox'], async (kept, messages, outbox) => {
    state.pairing = (await result(kept.get('pairing'))) ?? null;
    state.lists = { ...NO_LISTS, ...(await result(kept.get('lists'))) };
    state.messages = await result(messages.getAll());
    state.outbox = await result(outbox.getAll());
  });
}

let loading = null;

/** Reads again after a change, at most once at a time, and says so to the pages of this tab. */
function reload() {
  if (loading) {
    loading.again = true;
    return;
  }
  const mine = { again: false };
  loading = mine;
  load().catch(() => {}).then(() => {
    loading = null;
    for (const show of shows) show();
    if (mine.again) reload();
  });
}

const shows = new Set();

/** Calls `show` after each change of `state`. */
export function onState(show) {
  shows.add(show);
  return () => shows.delete(show);
}

on('changed', reload);
on('link', (link) => {
  state.link = link;
  for (const show of shows) show();
});

const changed = () => tell('changed');

export const isPaired = () => state.pairing !== null && !state.pairing.ended;
export const unread = () => state.messages.filter((row) => row.in && !row.read);
export const limits = () => ({ ...LIMITS, ...state.lists.limits });

/** Services as the driver left them, also where the server does not know yet. */
export function services() {
  const mine = new Map();
  for (const { type, body } of state.outbox) {
    if (type === 'service') mine.set(body.service, body.delivered ? 'delivered' : 'visited');
  }
  return state.lists.services.map((service) => ({
    ...service, state: mine.get(service.id) ?? service.state, waits: mine.has(service.id),
  }));
}

/** Takes up a pairing. What waited for another tracker goes; what waited for this one will be sent. */
export async function pairWith({ token, tracker }) {
  await write(['kept', 'messages', 'outbox', 'files', 'drafts', 'points'], async (kept, ...others) => {
    const before = await result(kept.get('pairing'));
    if (before?.tracker.id !== tracker.id) {
      kept.delete('lists');
      for (const store of others) store.clear();
    }
    kept.put({ token, tracker }, 'pairing');
  });
  await load();
  changed();
  tell('pairing');
}

/** The server no longer knows the token. */
export async function endPairing() {
  await write(['kept'], async (kept) => {
    const pairing = await result(kept.get('pairing'));
    if (pairing) kept.put({ ...pairing, token: null, ended: true }, 'pairing');
  });
  await load();
  changed();
  tell('pairing');
}

/** Forgets everything. */
export async function forget() {
  await write(['kept', 'messages', 'outbox', 'files', 'drafts', 'points'], async (...all) => {
    for (const store of all) store.clear();
  });
  await load();
  changed();
  tell('pairing');
}

/** Keeps what the server says of the tracker and of the office's lists. */
export async function keepLists(news, tracker) {
  await write(['kept'], async (kept) => {
    const lists = (await result(kept.get('lists'))) ?? NO_LISTS;
    kept.put({ ...lists, ...news }, 'lists');
    const pairing = await result(kept.get('pairing'));
    if (tracker && pairing) kept.put({ ...pairing, tracker }, 'pairing');
  });
  changed();
}

/** Puts what the driver did into the outbox and the conversation, and ends the draft that it came from. */
export async function enqueue({ type, body, shown, files = [], draft = null }) {
  const guid = newGuid();
  const time = new Date().toISOString();
  await write(['messages', 'outbox', 'files', 'drafts'], async (messages, outbox, stored, drafts) => {
    outbox.add({ guid, type, body: { ...body, time }, files: files.map(({ label, guid: file }) => ({ label, guid: file })) });
    messages.add({ key: guid, in: false, type, text: shown, time, state: 'waiting' });
    for (const file of files) stored.put({ guid: file.guid, bytes: file.bytes, media: file.media, file: null });
    if (draft) drafts.delete(draft);
  });
  changed();
  tell('kick');
  return guid;
}

/** The first of what is to be sent, with its files. */
export function nextOut() {
  return read(['outbox', 'files'], async (outbox, files) => {
    const cursor = await result(outbox.openCursor());
    if (!cursor) return null;
    const row = cursor.value;
    const found = [];
    for (const { label, guid } of row.files) found.push({ label, ...(await result(files.get(guid))) });
    return { ...row, files: found };
  });
}

/** The server's id of a file that it has; null when it has not after all. */
export const keepFileId = (guid, file) => write(['files'], async (files) => {
  const row = await result(files.get(guid));
  if (row) files.put({ ...row, file });
});

/** The server has it (`sent`), or never will (`refused`). */
export async function settle(row, how, reason = null) {
  await write(['messages', 'outbox', 'files', 'kept', 'drafts'], async (messages, outbox, files, kept, drafts) => {
    const shown = await result(messages.index('key').get(row.guid));
    if (shown) messages.put({ ...shown, state: how, reason });
    outbox.delete(row.n);
    for (const { guid } of row.files) files.delete(guid);
    if (row.type === 'service' && how === 'sent') await markService(kept, row.body);
    if (row.type === 'form' && how === 'refused') await giveBack(drafts, row);
  });
  changed();
}

/** A refused form becomes a draft again, unless another has been begun: nobody fills it in twice. */
async function giveBack(drafts, { body, files }) {
  const key = `form-${body.form}`;
  if (await result(drafts.getKey(key))) return;
  const isFile = new Set(files.map(({ label }) => label));
  const values = Object.fromEntries(body.values.filter(({ label }) => !isFile.has(label)).map(({ label, value }) => [label, value]));
  const kept = Object.fromEntries(files.filter(({ bytes }) => bytes).map(({ label, bytes, media }) => [label, { bytes, media }]));
  drafts.put({ values, files: kept }, key);
}

/** What the server will say in its next list, so that the page does not fall back until it comes. */
async function markService(kept, { service: id, delivered }) {
  const lists = await result(kept.get('lists'));
  if (!lists) return;
  const after = delivered ? 'delivered' : 'visited';
  const list = lists.services.map((service) => (service.id === id ? { ...service, state: after } : service));
  kept.put({ ...lists, services: list }, 'lists');
}

/** Stores a message of the office; false when it was here before. */
export async function receive({ id, text, time, from }) {
  const key = `office-${id}`;
  const isNew = await write(['messages'], async (messages) => {
    const known = await result(messages.index('key').get(key));
    if (known?.time === time) return false;
    // A server that lost its store, or was set back, counts anew: this is another message under an old number.
    if (known) messages.delete(known.n);
    messages.add({ key, in: true, id, text, time, from, read: false, told: false });
    await prune(messages);
    return true;
  });
  if (isNew) changed();
  return isNew;
}

async function prune(messages) {
  const surplus = (await result(messages.count())) - MESSAGES_MAX;
  let cursor = surplus > 0 ? await result(messages.openCursor()) : null;
  for (let left = surplus; cursor && left > 0; left -= 1) {
    const row = cursor.value;
    if (row.in ? row.told : row.state !== 'waiting') cursor.delete();
    const next = result(cursor.request);
    cursor.continue();
    cursor = await next;
  }
}

async function change(key, news) {
  const isChanged = await write(['messages'], async (messages) => {
    const row = await result(messages.index('key').get(key));
    if (!row || Object.entries(news).every(([name, value]) => row[name] === value)) return false;
    messages.put({ ...row, ...news });
    return true;
  });
  if (isChanged) changed();
  return isChanged;
}

/** The driver has seen it. */
export async function markRead(id) {
  if (await change(`office-${id}`, { read: true })) tell('kick');
}

/** The server knows that the driver has seen it. */
export const readIsTold = (id) => change(`office-${id}`, { told: true });

/** What the server has not been told to be read. */
export const readUntold = () => read(['messages'], async (messages) => {
  const rows = await result(messages.getAll());
  return rows.filter((row) => row.in && row.read && !row.told).map((row) => row.id);
});

/** What the driver has begun. */
export const draft = (key) => read(['drafts'], (drafts) => result(drafts.get(key)));

/** Keeps what the driver has begun; null forgets it. */
export const keepDraft = (key, value) => write(['drafts'], async (drafts) => {
  if (value === null) drafts.delete(key);
  else drafts.put(value, key);
});
