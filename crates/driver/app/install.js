// Offers to put the app on the home screen, where the browser can.

import { tell } from './bus.js';
import { h, sign } from './dom.js';
import { t } from './words.js';

let offer = null;

addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault();
  offer = event;
  tell('changed');
});
addEventListener('appinstalled', () => {
  offer = null;
  tell('changed');
});

/** A button for it, or nothing. */
export function install() {
  if (!offer) return [];
  const ask = () => offer?.prompt().catch(() => {});
  return [h('button.big.plain.wide', { type: 'button', onclick: ask }, sign('home'), h('span', {}, t('install')))];
}
