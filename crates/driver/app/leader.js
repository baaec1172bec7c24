// One tab at a time talks with the server.

import { on, tellOthers } from './bus.js';

const LOCK = 'odograph-driver-link';
// A tab that a phone has frozen keeps its lock and says nothing. Whoever is looked at then takes it over.
const SILENCE_MS = 1500;

let leads = false;

/** Calls `begin` when this tab is to talk, and `end` when another has taken over. */
export function lead(begin, end) {
  if (!navigator.locks) {
    // Without a secure connection there are no locks; the server makes repeats harmless.
    begin();
    return;
  }
  let waiting = null;
  const hold = (options) => {
    const holding = navigator.locks.request(LOCK, options, () => {
      leads = true;
      begin();
      return new Promise(() => {});
    });
    holding.catch(() => {
      // Given up in favour of taking over.
      if (options.signal?.aborted) return;
      if (leads) {
        leads = false;
        end();
      }
      wait();
    });
  };
  const wait = () => {
    waiting = new AbortController();
    hold({ signal: waiting.signal });
  };
  const takeOver = () => {
    waiting.abort();
    hold({ steal: true });
  };
  on('who', () => leads && tellOthers('here'));
  let answered = false;
  on('here', () => {
    answered = true;
  });
  const look = () => {
    if (document.visibilityState !== 'visible' || leads) return;
    answered = false;
    tellOthers('who');
    setTimeout(() => !answered && !leads && takeOver(), SILENCE_MS);
  };
  wait();
  document.addEventListener('visibilitychange', look);
  look();
}
