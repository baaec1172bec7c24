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
  const hold = (options) => {
    const holding = navigator.locks.request(LOCK, options, () => {
      leads = true;
      begin();
      return new Promise(() => {});
    });
    holding.catch(() => {
      if (leads) {
        leads = false;
        end();
      }
      hold({});
    });
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
    setTimeout(() => !answered && !leads && hold({ steal: true }), SILENCE_MS);
  };
  hold({});
  document.addEventListener('visibilitychange', look);
  look();
}
