// The first page: eight digits from the office.

import { h, notice, sign, status } from './dom.js';
import { pairWith, state } from './state.js';
import { touch } from './signal.js';
import { t } from './words.js';

const DIGITS = 8;

/** What the office sees of this phone. */
function phoneName() {
  const agent = navigator.userAgent;
  const kinds = [[/iPad|Tablet/, 'Tablet'], [/iPhone/, 'iPhone'], [/Android(?!.*Mobile)/, 'Tablet'], [/Android/, 'Android phone']];
  return kinds.find(([pattern]) => pattern.test(agent))?.[1] ?? 'Web browser';
}

async function ask(code) {
  let answer;
  try {
    answer = await fetch('/driver/pair', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ code, phone: phoneName() }),
    });
  } catch {
    return { trouble: t('pair_offline') };
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.ok && said.token) return { pairing: said };
  if (said.error === 'too_many_phones') return { trouble: t('pair_too_many_phones') };
  if (answer.status === 403) return { trouble: t('pair_wrong') };
  if (answer.status === 429) return { trouble: t('pair_too_many') };
  return { trouble: t('pair_busy') };
}

/** What the office took away, with what could not be sent any more. */
function ended() {
  if (!state.pairing?.ended) return null;
  const lost = state.messages.filter((row) => !row.in && row.state === 'waiting');
  return h('section.card.warn', {},
    h('h2', {}, sign('warn'), h('span', {}, t('ended', { tracker: state.pairing.tracker.label }))),
    h('p', {}, t('ended_how')),
    lost.length > 0 && h('p', {}, t('ended_waits', { n: lost.length })),
    lost.length > 0 && h('ul', {}, lost.map((row) => h('li', {}, row.text))));
}

export function mount(main, prefilled = '') {
  let code = /^\d{8}$/.test(prefilled) ? prefilled : '';
  let isBusy = false;
  const boxes = Array.from({ length: DIGITS }, () => h('span.digit', { 'aria-hidden': 'true' }));
  const told = h('div', {});
  const title = h('h1', { tabindex: '-1' });
  const said = h('p.unseen', { role: 'status' });
  const trouble = h('p.trouble', { role: 'alert' });
  const go = h('button.big.primary', { type: 'button', onclick: () => pair() }, h('span', {}, t('pair')));
  const show = () => {
    boxes.forEach((box, at) => {
      box.textContent = code[at] ?? '';
      box.classList.toggle('next', at === code.length);
    });
    said.textContent = t('pair_digits', { n: code.length });
    go.setAttribute('aria-disabled', String(code.length < DIGITS || isBusy));
  };
  const type = (digit) => {
    if (isBusy || code.length >= DIGITS) return;
    touch();
    trouble.replaceChildren();
    code += digit;
    show();
  };
  const erase = () => {
    if (isBusy) return;
    code = code.slice(0, -1);
    show();
  };
  const pair = async () => {
    if (code.length < DIGITS || isBusy) return;
    isBusy = true;
    show();
    const answer = await ask(code);
    isBusy = false;
    if (answer.pairing) {
      await pairWith(answer.pairing);
      navigator.storage?.persist?.().catch(() => {});
      notice(t('paired', { tracker: answer.pairing.tracker.label }), 'good');
      return;
    }
    code = '';
    trouble.replaceChildren(sign('stop'), h('span', {}, answer.trouble));
    show();
  };
  const key = (words, press, label) => h('button.key', { type: 'button', onclick: press, 'aria-label': label }, words);
  const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9'].map((digit) => key(digit, () => type(digit)));
  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^\d$/.test(event.key)) type(event.key);
    else if (event.key === 'Backspace') erase();
    else if (event.key === 'Enter' && event.target === document.body) pair();
  };
  const onPaste = (event) => {
    code = event.clipboardData.getData('text').replace(/\D/g, '').slice(0, DIGITS);
    show();
  };
  document.addEventListener('keydown', onKey);
  document.addEventListener('paste', onPaste);
  main.append(h('div.pair', {},
    told, title,
    h('p.lead', {}, t('pair_lead')),
    h('div.digits', {}, boxes.slice(0, 4), h('span.gap', {}), boxes.slice(4)),
    said, trouble,
    isSecureContext ? null : h('p.card', {}, status('bad', 'warn', t('insecure'))),
    h('div.keypad', {}, keys,
      key(sign('erase', 36), erase, t('pair_erase')), key('0', () => type('0')), go)));
  show();
  const update = () => {
    told.replaceChildren(...[ended()].filter(Boolean));
    title.textContent = t(state.pairing?.ended ? 'pair_again' : 'pair_title');
  };
  update();
  return {
    update,
    leave() {
      document.removeEventListener('keydown', onKey);
      document.removeEventListener('paste', onPaste);
    },
  };
}
