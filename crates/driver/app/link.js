// Keeps the conversation with the server going: when to connect, and when to leave it.

import { on, tell } from './bus.js';
import { Connection } from './connection.js';
import * as state from './state.js';

const RETRY_MS = [1000, 2000, 4000, 8000, 16_000, 30_000];
const REPLACED_MS = 30_000;
/** When the phone itself says that the network has gone. */
const PONG_DOUBT_MS = 3000;

/** Keeps a connection as long as this tab leads and the phone is paired. */
class Link {
  constructor() {
    this.connection = null;
    this.leads = false;
    this.failures = 0;
    this.isLeaving = false;
    this.timer = 0;
    this.sentAgain = new Set();
    on('kick', () => this.kick());
    on('pairing', () => this.leads && this.look());
    on('ask-link', () => this.leads && tell('link', state.state.link));
    on('unpair', () => this.leave());
    addEventListener('online', () => this.hurry());
    addEventListener('offline', () => this.connection?.ping(PONG_DOUBT_MS));
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && tell('hurry'));
    on('hurry', () => this.hurry());
  }

  /** Asks the tab that leads how its connection is. */
  ask() {
    if (!this.leads) tell('ask-link');
  }

  begin() {
    this.leads = true;
    this.look();
  }

  yield() {
    this.leads = false;
    clearTimeout(this.timer);
    this.connection?.close();
  }

  /** Connects, or ends, as the pairing says. */
  async look() {
    await state.load();
    const token = state.isPaired() ? state.state.pairing.token : null;
    if (this.connection && this.connection.token !== token) this.connection.close();
    if (!token) {
      clearTimeout(this.timer);
      this.timer = 0;
      this.say('idle');
    } else if (!this.connection && !this.timer) this.connect(token);
  }

  connect(token) {
    if (!this.leads || this.connection) return;
    this.timer = 0;
    if (state.state.link !== 'offline') this.say('connecting');
    this.connection = new Connection(token, this);
  }

  say(link) {
    if (this.leads && state.state.link !== link) tell('link', link);
  }

  welcomed() {
    this.isLeaving = false;
    this.failures = 0;
    this.say('online');
  }

  ended(connection, code) {
    if (connection !== this.connection) return;
    this.connection = null;
    if (!this.leads) return;
    if (code === 4401) {
      this.unpaired().catch(() => {});
      return;
    }
    this.say(code === 4409 ? 'replaced' : 'offline');
    const usual = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    this.failures += 1;
    this.later(code === 4409 ? REPLACED_MS : usual * (1 + Math.random() / 4));
  }

  later(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = 0;
      this.look();
    }, ms);
  }

  /** The phone has a network again, or the driver looks. */
  hurry() {
    if (!this.leads) return;
    if (this.connection) this.connection.ping();
    else if (this.timer && state.state.link !== 'replaced') {
      this.failures = 0;
      this.later(0);
    }
  }

  /** The driver ends the pairing. */
  leave() {
    this.isLeaving = true;
    this.connection?.send({ type: 'unpair' });
  }

  /** The token is void; what was not sent is shown, unless the driver wanted it so. */
  unpaired() {
    return this.isLeaving ? state.forget() : state.endPairing();
  }

  kick() {
    if (this.connection) this.connection.work();
  }
}

export const link = new Link();
