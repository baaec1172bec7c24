// Where things stand, and the texts that are needed most.

import { h, notice, sheet, sign, status } from './dom.js';
import { here } from './points.js';
import { enqueue, services, state, unread } from './state.js';
import { touch } from './signal.js';
import { install } from './install.js';
import { t } from './words.js';

/** Asks once, then sends: a glove touches more than it means to. */
export async function sendPredefined({ number, text }) {
  const answer = await sheet(t('send_this'), h('p.quote', {}, text), [
    { words: t('send'), value: true, kind: 'primary', shape: 'send' },
    { words: t('cancel'), value: null },
  ]);
  if (!answer) return false;
  touch();
  try {
    await enqueue({ type: 'predefined', body: { number, text, ...here() }, shown: text });
  } catch {
    notice(t('not_kept'), 'bad');
    return false;
  }
  notice(t(state.link === 'online' ? 'sending' : 'kept'), 'good');
  return true;
}

/** Buttons for the predefined texts. */
export function quickTexts(onSent = () => {}) {
  const send = async (text) => (await sendPredefined(text)) && onSent();
  return state.lists.texts.map((text) => h('button.quick', { type: 'button', onclick: () => send(text) }, text.text));
}

function tile(href, shape, words, figure, mark) {
  return h(`a.tile${mark ? '.marked' : ''}`, { href },
    sign(shape, 40), h('span.figure', {}, String(figure)), h('span.words', {}, words));
}

function tiles() {
  const fresh = unread().length;
  const open = services().filter((service) => service.state === 'open').length;
  const waits = state.outbox.length;
  return [
    tile('#/messages', fresh > 0 ? 'fresh' : 'mail', t('unread', { n: fresh }), fresh, fresh > 0),
    tile('#/services', 'place', t('open_services', { n: open }), open, false),
    waits > 0 && h('p.card.waits', {}, status('wait', 'wait', t('waits', { n: waits }))),
  ];
}

export function mount(main) {
  const board = h('div.board', {});
  const quick = h('div.quicks', {});
  const offer = h('div', {});
  const none = h('p.none', {}, t('no_texts'));
  main.append(h('div.home', {},
    h('h1.unseen', { tabindex: '-1' }, t('home')),
    board,
    h('section', {}, h('h2', {}, t('quick_texts')), quick, none),
    offer,
    h('a.big.plain.wide', { href: '#/settings' }, sign('gear'), h('span', {}, t('settings')))));
  let shown = '';
  const update = () => {
    board.replaceChildren(...tiles().filter(Boolean));
    const texts = JSON.stringify(state.lists.texts);
    // Buttons stay the same as long as they can: a finger may be on its way to one.
    if (texts !== shown) quick.replaceChildren(...quickTexts());
    shown = texts;
    none.hidden = state.lists.texts.length > 0;
    offer.replaceChildren(...install());
  };
  update();
  return { update };
}
