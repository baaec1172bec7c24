// The driver's choices, and the end of the pairing.

import { tell } from './bus.js';
import { h, heading, sheet, sign, status } from './dom.js';
import { install } from './install.js';
import { prefer, prefs, showTheme } from './prefs.js';
import { forget, state } from './state.js';
import { allowSound, keepAwake, ring } from './signal.js';
import { currentLanguage, LANGUAGES, loadWords, t } from './words.js';

/** How long the server may take to end the pairing before this phone forgets it alone. */
const GOODBYE_MS = 3000;

function toggle(name, words, hint, after = () => {}) {
  const button = h('button.switch', { type: 'button', role: 'switch' });
  const show = () => {
    button.setAttribute('aria-checked', String(prefs[name]));
    button.replaceChildren(
      h('span.words', {}, h('strong', {}, words), h('span', {}, hint)),
      h('span.knob', {}, sign(prefs[name] ? 'ok' : 'open', 36), h('span', {}, t(prefs[name] ? 'on' : 'off'))));
  };
  button.addEventListener('click', () => {
    prefer(name, !prefs[name]);
    show();
    after();
  });
  show();
  return { button, show };
}

function pick(title, id, options, current, choose) {
  const boxes = options.map(([value, words]) => {
    const input = h('input', { type: 'radio', name: id, id: `${id}-${value}`, checked: value === current });
    input.addEventListener('change', () => choose(value));
    return [input, h('label.option', { for: input.id }, words)];
  });
  return h('fieldset.field', {}, h('legend', {}, title), h('div.options.row', {}, boxes));
}

async function unpair() {
  const waits = state.outbox.length;
  const answer = await sheet(t('unpair_this'), h('p', {}, waits > 0 ? t('unpair_waits', { n: waits }) : t('unpair_how')), [
    { words: t('unpair'), value: true, kind: 'danger', shape: 'stop' },
    { words: t('cancel'), value: null },
  ]);
  if (!answer) return;
  if (state.link === 'online') {
    tell('unpair');
    const until = Date.now() + GOODBYE_MS;
    while (state.pairing && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await forget();
  location.hash = '#/';
}

export function mount(main, _, remake) {
  const watched = () => tell('prefs');
  const sharing = toggle('share', t('share'), t('share_hint'), watched);
  const attaching = toggle('attach', t('attach'), t('attach_hint'), watched);
  const soundAfter = () => {
    allowSound();
    ring();
  };
  const offer = h('div', {});
  main.append(h('div.page', {}, heading(t('settings'), '#/'),
    h('div.stack', {}, sharing.button, attaching.button,
      toggle('sound', t('sound'), t('sound_hint'), soundAfter).button,
      toggle('awake', t('awake'), t('awake_hint'), keepAwake).button,
      pick(t('theme'), 'theme', [['auto', t('auto')], ['light', t('light')], ['dark', t('dark')]], prefs.theme, (theme) => {
        prefer('theme', theme);
        showTheme();
      }),
      pick(t('language'), 'language', LANGUAGES, currentLanguage(), async (language) => {
        prefer('language', language);
        await loadWords();
        remake();
      }),
      offer,
      h('section.card', {},
        !isSecureContext && status('bad', 'warn', t('insecure')),
        h('p', {}, t('paired_with', { tracker: state.pairing?.tracker.label ?? '' })),
        state.lists.driver && h('p', {}, t('driver_is', { name: state.lists.driver })),
        h('button.big.danger.wide', { type: 'button', onclick: unpair }, sign('stop'), h('span', {}, t('unpair')))))));
  const update = () => {
    sharing.button.hidden = !state.lists.shares_position;
    sharing.show();
    attaching.show();
    offer.replaceChildren(...install());
  };
  update();
  return { update };
}
