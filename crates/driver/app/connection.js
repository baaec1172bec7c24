// One conversation with the server, as docs/driver-socket.md describes it.

import { tell } from './bus.js';
import * as state from './state.js';
import { upload } from './upload.js';
import { sendPoints } from './points.js';

const APP = 'Odograph driver 1';
const ANSWER_MS = 30_000;
const WELCOME_MS = 15_000;
const PING_MS = 25_000;
const PONG_MS = 10_000;

/** Half of a character, as a cut text may end with, is no JSON to the server: all after it would wait for ever. */
const whole = (_, value) => (typeof value === 'string' ? value.replace(/\p{Surrogate}/gu, '\uFFFD') : value);

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** One socket from its opening to its end. What comes after its end does nothing. */
export class Connection {
  constructor(token, link) {
    this.link = link;
    this.token = token;
    this.isWelcome = false;
    this.isOver = false;
    // What the driver does and where the phone is go beside each other: many points hold up no text.
    this.outbox = { isBusy: false, isMore: false, next: () => this.sendNext() };
    this.points = { isBusy: false, isMore: false, next: () => sendPoints(this) };
    this.answers = new Map();
    // One after the other, as they came, although each waits for the store.
    this.inbox = Promise.resolve();
    this.over = new Promise((resolve) => {
      this.end = resolve;
    });
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    this.socket = new WebSocket(`${scheme}://${location.host}/driver/socket`);
    this.socket.onopen = () => this.send({ type: 'hello', token, app: APP });
    this.socket.onmessage = (event) => this.take(event.data);
    this.socket.onclose = (event) => this.close(event.code);
    this.expect(WELCOME_MS);
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message, whole));
  }

  close(code = 0) {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.deadline);
    clearInterval(this.beat);
    for (const answer of this.answers.values()) answer(null);
    this.socket.close();
    this.end();
    this.link.ended(this, code);
  }

  /** Closes unless something comes in time. */
  expect(ms) {
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.close(), ms);
  }

  /** Asks whether the other end is still there. */
  ping(patience_ms = PONG_MS) {
    if (!this.isWelcome || this.isOver) return;
    this.send({ type: 'ping' });
    this.expect(patience_ms);
  }

  /** Sends, and resolves with the answer; null when there will be none. */
  ask(message) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.close(), ANSWER_MS);
      this.answers.set(message.guid, (answer) => {
        clearTimeout(timer);
        this.answers.delete(message.guid);
        resolve(answer);
      });
      this.send(message);
    });
  }

  pause(ms) {
    return Promise.race([sleep(ms), this.over]);
  }

  take(data) {
    if (this.isWelcome) clearTimeout(this.deadline);
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    // Without the store nothing can be confirmed: the server will send it again.
    this.inbox = this.inbox.then(() => this.isOver || this.handle(message)).catch(() => this.close());
  }

  async handle(message) {
    switch (message.type) {
      case 'welcome': return this.welcome(message);
      case 'message': return this.receive(message);
      case 'texts': return state.keepLists({ texts: message.texts });
      case 'forms': return state.keepLists({ forms: message.forms });
      case 'services': return state.keepLists({ services: message.services });
      case 'ok':
        if (message.guid) return this.answers.get(message.guid)?.(message);
        return message.status === 'read' ? state.readIsTold(message.id) : undefined;
      case 'refused': return this.answers.get(message.guid)?.(message);
      case 'error': return this.trouble(message);
      case 'bye':
        if (message.reason === 'unpaired') return this.unpaired();
        return this.close(message.reason === 'replaced' ? 4409 : 0);
      default: return undefined;
    }
  }

  async welcome({ texts, forms, services, shares_position, driver, limits, tracker }) {
    await state.keepLists({ texts, forms, services, shares_position, driver, limits }, tracker);
    this.isWelcome = true;
    clearTimeout(this.deadline);
    this.beat = setInterval(() => this.ping(), PING_MS);
    this.link.welcomed();
    this.work();
  }

  async receive(message) {
    const isNew = await state.receive(message);
    this.send({ type: 'got', id: message.id });
    if (isNew) tell('ring', message);
  }

  trouble({ guid, id, code, retry_s: retry = 5 }) {
    if (guid) this.answers.get(guid)?.({ type: 'error', code, retry });
    else if (id && code === 'busy') this.pause(retry * 1000).then(() => this.tellRead());
  }

  async unpaired() {
    await this.link.unpaired();
    this.close(4401);
  }

  /** Sends whatever there is to send. */
  work() {
    if (!this.isWelcome || this.isOver) return;
    this.tellRead().catch(() => this.close());
    this.workOn(this.outbox);
    this.workOn(this.points);
  }

  /** One thing after the other, each answered before the next. */
  async workOn(lane) {
    lane.isMore = true;
    if (lane.isBusy) return;
    lane.isBusy = true;
    try {
      while (!this.isOver && lane.isMore) {
        lane.isMore = false;
        if (await lane.next()) lane.isMore = true;
      }
    } catch {
      this.close();
    }
    lane.isBusy = false;
  }

  async tellRead() {
    for (const id of await state.readUntold()) this.send({ type: 'read', id });
  }

  /** Sends the first thing of the outbox; whether there may be another. */
  async sendNext() {
    const row = await state.nextOut();
    if (!row) return false;
    const message = { type: row.type, guid: row.guid, ...row.body };
    if (row.files.length > 0) {
      const values = await this.sendFiles(row);
      if (!values) return true;
      message.values = row.body.values.map((value) => ({ label: value.label, value: values.get(value.label) ?? value.value }));
    }
    if (new Blob([JSON.stringify(message)]).size > state.limits().message_bytes_max) {
      // The server would end the connection, again and again.
      await this.answered(row, { type: 'refused', code: 'too_long' });
      return true;
    }
    const answer = await this.ask(message);
    if (answer) await this.answered(row, answer);
    return answer !== null;
  }

  async answered(row, { type, code, message, file, retry }) {
    if (type === 'ok') return state.settle(row, 'sent');
    if (type === 'error') return this.pause(retry * 1000);
    const missing = row.files.find((known) => known.file === file);
    if (code === 'unknown_file' && missing && !this.link.sentAgain.has(missing.guid)) {
      this.link.sentAgain.add(missing.guid);
      return state.keepFileId(missing.guid, null);
    }
    await state.settle(row, 'refused', message ?? code);
    return tell('refused', message ?? code);
  }

  /** Uploads what is missing; the server's ids by label, or null when something is to be done first. */
  async sendFiles(row) {
    const ids = new Map();
    for (const file of row.files) {
      let id = file.file;
      if (!id) {
        const answer = await upload(this.token, file);
        if (this.isOver) return null;
        if (answer.wait_ms) {
          await this.pause(answer.wait_ms);
          return null;
        }
        if (answer.unpaired) {
          await this.unpaired();
          return null;
        }
        if (answer.refused) {
          await state.settle(row, 'refused', answer.refused);
          tell('refused', answer.refused);
          return null;
        }
        id = answer.file;
        file.file = id;
        await state.keepFileId(file.guid, id);
      }
      ids.set(file.label, id);
    }
    return ids;
  }
}
