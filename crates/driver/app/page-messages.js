// The conversation with the office.

import { h, heading, notice, sheet, sign, status } from './dom.js';
import { quickTexts } from './page-home.js';
import { here } from './points.js';
import { draft, enqueue, keepDraft, limits, markRead, state } from './state.js';
import { touch } from './signal.js';
import { t, when } from './words.js';

const SHOWN = 100;
/** A message counts as read when its end has been on the screen for so long. */
const SEEN_MS = 700;

const STATES = { waiting: ['wait', 'wait'], sent: ['good', 'ok'], refused: ['bad', 'stop'] };

function state_of(row) {
  if (row.in) return row.read ? status('good', 'ok', t('read')) : status('fresh', 'fresh', t('new'));
  const [kind, shape] = STATES[row.state];
  return status(kind, shape, t(row.state));
}

function bubble(row) {
  const kinds = { form: t('form'), service: t('service'), predefined: null, text: null };
  const who = row.in ? row.from ?? t('office') : t('you');
  const kind = row.in ? null : kinds[row.type];
  const foot = h('p.foot', {}, h('time', { datetime: row.time }, when(row.time)), state_of(row));
  const item = h(`li.bubble.${row.in ? 'in' : 'out'}${row.in && !row.read ? '.unread' : ''}`, {},
    h('p.who', {}, kind ? `${who} · ${kind}` : who),
    h('p.text', {}, row.text),
    row.state === 'refused' && h('p.reason', {}, row.reason),
    foot);
  return { item, foot };
}

/** Marks as read what has been seen. */
function watchSeen() {
  const ids = new Map();
  const timers = new Map();
  const see = (foot) => {
    if (document.visibilityState === 'visible') markRead(ids.get(foot)).catch(() => {});
  };
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      clearTimeout(timers.get(target));
      if (isIntersecting) timers.set(target, setTimeout(see, SEEN_MS, target));
    }
  }, { threshold: 0.9 });
  const again = () => {
    // What was on the screen while nobody looked.
    for (const foot of ids.keys()) {
      observer.unobserve(foot);
      observer.observe(foot);
    }
  };
  document.addEventListener('visibilitychange', again);
  return {
    add(foot, id) {
      ids.set(foot, id);
      observer.observe(foot);
    },
    remove(foot) {
      clearTimeout(timers.get(foot));
      ids.delete(foot);
      observer.unobserve(foot);
    },
    leave() {
      observer.disconnect();
      for (const timer of timers.values()) clearTimeout(timer);
      document.removeEventListener('visibilitychange', again);
    },
  };
}

/** The list, of which only what has changed is made anew. */
function thread(list, older, seen) {
  const made = new Map();
  let count = SHOWN;
  const update = () => {
    const rows = state.messages.slice(-count);
    older.hidden = state.messages.length <= count;
    const there = new Set(rows.map((row) => row.n));
    for (const [n, { item, foot }] of made) {
      if (there.has(n)) continue;
      item.remove();
      seen.remove(foot);
      made.delete(n);
    }
    let after = null;
    for (const row of rows) {
      const look = `${row.read}${row.state}`;
      const known = made.get(row.n);
      if (known?.look !== look) {
        const fresh = { ...bubble(row), look };
        if (known) {
          seen.remove(known.foot);
          known.item.replaceWith(fresh.item);
        } else if (after) after.after(fresh.item);
        else list.prepend(fresh.item);
        if (row.in && !row.read) seen.add(fresh.foot, row.id);
        made.set(row.n, fresh);
      }
      after = made.get(row.n).item;
    }
  };
  const more = () => {
    count += SHOWN;
    update();
  };
  return { update, more };
}

function composer() {
  const input = h('textarea', { id: 'text', rows: 1, maxlength: limits().text_chars_max, 'aria-label': t('your_text'), placeholder: t('your_text') });
  const grow = () => {
    input.rows = Math.min(5, Math.max(1, Math.ceil(input.scrollHeight / 40), input.value.split('\n').length));
  };
  draft('text').then((text) => {
    if (text && !input.value) input.value = text;
  });
  input.addEventListener('input', () => {
    input.rows = 1;
    grow();
    keepDraft('text', input.value || null).catch(() => {});
  });
  const send = async () => {
    const text = input.value.trim();
    if (!text) {
      input.focus();
      return;
    }
    touch();
    // Taken away at once, so that a second touch does not send it twice.
    input.value = '';
    input.rows = 1;
    try {
      await enqueue({ type: 'text', body: { text, ...here() }, shown: text, draft: 'text' });
      if (state.link !== 'online') notice(t('kept'), 'good');
    } catch {
      input.value = text;
      notice(t('not_kept'), 'bad');
    }
  };
  const quick = () => {
    const close = () => document.querySelector('dialog')?.dispatchEvent(new Event('cancel', { cancelable: true }));
    const texts = quickTexts(close);
    sheet(t('quick_texts'), texts.length > 0 ? h('div.quicks', {}, texts) : h('p', {}, t('no_texts')), [{ words: t('cancel'), value: null }]);
  };
  return h('div.composer', {}, input,
    h('div.row', {},
      h('button.big.plain', { type: 'button', onclick: quick }, h('span', {}, t('quick'))),
      h('button.big.primary', { type: 'button', onclick: send }, sign('send'), h('span', {}, t('send')))));
}

export function mount(main) {
  const list = h('ol.thread', {});
  const older = h('button.big.plain.wide', { type: 'button' }, t('older'));
  const none = h('p.none', {}, t('no_messages'));
  const seen = watchSeen();
  const { update: show, more } = thread(list, older, seen);
  older.addEventListener('click', more);
  const scroller = h('div.scroller', { tabindex: '0', role: 'region', 'aria-label': t('messages') }, older, none, list);
  main.append(h('div.talk', {}, heading(t('messages')), scroller, composer()));
  const isAtEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
  const update = () => {
    const follow = isAtEnd();
    show();
    none.hidden = state.messages.length > 0;
    if (follow) scroller.scrollTop = scroller.scrollHeight;
  };
  update();
  // The first unread one, or the end.
  const first = list.querySelector('.unread');
  if (first) first.scrollIntoView({ block: 'start' });
  else scroller.scrollTop = scroller.scrollHeight;
  // The keyboard comes and goes.
  let wasAtEnd = !first;
  scroller.addEventListener('scroll', () => {
    wasAtEnd = isAtEnd();
  });
  const resized = new ResizeObserver(() => {
    if (wasAtEnd) scroller.scrollTop = scroller.scrollHeight;
  });
  resized.observe(scroller);
  return {
    update,
    leave() {
      resized.disconnect();
      seen.leave();
    },
  };
}
