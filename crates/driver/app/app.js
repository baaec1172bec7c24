// Starts the app: words, store, link to the server, pages.

import { on } from './bus.js';
import { alarm, h, notice, sign, status } from './dom.js';
import { lead } from './leader.js';
import { link } from './link.js';
import * as forms from './page-forms.js';
import * as home from './page-home.js';
import * as messages from './page-messages.js';
import * as pair from './page-pair.js';
import * as servicesPage from './page-services.js';
import * as settings from './page-settings.js';
import { watchPosition } from './points.js';
import { prefer, showTheme } from './prefs.js';
import { allowSound, keepAwake, ring, showCount } from './signal.js';
import { isPaired, load, onState, state, unread } from './state.js';
import { currentLanguage, LANGUAGES, loadWords, t } from './words.js';

const PAGES = {
  '': home.mount, messages: messages.mount, forms: forms.mountList, form: forms.mountForm,
  services: servicesPage.mountList, service: servicesPage.mountService, settings: settings.mount,
};
const TABS = [['', 'home'], ['messages', 'mail'], ['forms', 'form'], ['services', 'place']];
const TAB_OF = { form: 'forms', service: 'services', settings: '' };

const top = document.getElementById('top');
const main = document.getElementById('page');
const tabs = document.getElementById('tabs');

let page = {};
let shown = null;
let leads = false;

const LINKS = {
  online: ['good', 'ok'], connecting: ['wait', 'wait'], offline: ['warn', 'warn'], replaced: ['warn', 'warn'], idle: ['wait', 'wait'],
};

function showTop() {
  if (!isPaired()) {
    const [tag, name] = LANGUAGES.find(([known]) => known !== currentLanguage());
    const change = async () => {
      prefer('language', tag);
      await loadWords();
      show({ again: true });
    };
    top.replaceChildren(
      h('p.brand', {}, h('img', { src: '/driver/icon.svg', alt: '' }), 'Odograph'),
      h('button.back', { type: 'button', lang: tag, onclick: change }, name));
    return;
  }
  const [kind, shape] = LINKS[state.link];
  const parts = [h('p.brand', {}, h('span.name', {}, state.pairing.tracker.label)), h('p.link', { role: 'status' }, status(kind, shape, t(`link_${state.link}`)))];
  if (state.link === 'offline' || state.link === 'replaced') {
    const waits = state.outbox.length > 0 ? t('waits', { n: state.outbox.length }) : '';
    parts.push(h('p.strip', {}, `${t(`${state.link}_hint`)} ${waits}`));
  }
  top.replaceChildren(...parts);
}

function showTabs() {
  tabs.hidden = !isPaired();
  if (tabs.hidden) return;
  tabs.setAttribute('aria-label', t('pages'));
  const current = TAB_OF[shown?.name] ?? shown?.name ?? '';
  const fresh = unread().length;
  tabs.replaceChildren(...TABS.map(([name, shape]) => {
    const count = name === 'messages' && fresh > 0 ? h('span.count', { 'aria-label': t('unread', { n: fresh }) }, String(fresh)) : null;
    return h('a.tab', { href: `#/${name}`, 'aria-current': name === current ? 'page' : null },
      sign(shape, 32), h('span', {}, t(`tab_${name || 'home'}`)), count);
  }));
}

/** Which page the address asks for; without a pairing there is only one. */
function route() {
  const [, name = '', about = ''] = location.hash.split('/');
  if (!isPaired()) return { name: 'pair', about: name === 'pair' ? about : '' };
  return { name: name in PAGES ? name : '', about };
}

function go({ again = false } = {}) {
  const wanted = route();
  const isSame = shown && shown.name === wanted.name && shown.about === wanted.about;
  if (isSame && !again) return;
  const isFirst = shown === null;
  page.leave?.();
  shown = wanted;
  main.replaceChildren();
  document.body.dataset.page = wanted.name || 'home';
  const mount = wanted.name === 'pair' ? pair.mount : PAGES[wanted.name];
  page = mount(main, wanted.about, () => show({ again: true })) ?? {};
  if (!isFirst) {
    main.scrollTop = 0;
    // So that a screen reader says where it is.
    main.querySelector('h1')?.focus({ preventScroll: true });
  }
}

function show(how) {
  go(how);
  page.update?.();
  showTop();
  showTabs();
  showCount(unread().length, isPaired() ? state.pairing.tracker.label : t('title'));
  watchPosition(leads);
}

function listen() {
  onState(() => show());
  addEventListener('hashchange', () => show());
  on('prefs', () => watchPosition(leads));
  on('ring', ({ text, from }) => {
    ring();
    const words = t('new_from', { from: from ?? t('office') });
    alarm(`${words}: ${text}`);
    if (shown?.name !== 'messages') notice(words, 'fresh');
  });
  on('refused', (reason) => notice(t('was_refused', { reason }), 'bad'));
  on('no-position', () => notice(t('no_position'), 'bad'));
  addEventListener('pointerdown', allowSound);
  addEventListener('keydown', allowSound);
  document.addEventListener('visibilitychange', keepAwake);
}

function serve() {
  if (!('serviceWorker' in navigator)) return;
  const registering = navigator.serviceWorker.register('/driver/sw.js', { scope: '/driver' });
  registering.catch(() => {});
  // A server that was upgraded ended the connection. An app that is never closed would not look by itself.
  on('link', (how) => how === 'online' && registering.then((found) => found.update()).catch(() => {}));
  let isControlled = navigator.serviceWorker.controller !== null;
  let isNewer = false;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    isNewer ||= isControlled;
    isControlled = true;
  });
  // A new version of the app is taken up when nobody looks. Nothing is lost: all is in the store.
  // Not where the camera may be the reason that nobody looks.
  const mayReload = () => isNewer && document.visibilityState === 'hidden' && !['form', 'service', 'pair'].includes(shown?.name);
  document.addEventListener('visibilitychange', () => mayReload() && location.reload());
}

async function start() {
  showTheme();
  await loadWords();
  try {
    await load();
  } catch {
    main.replaceChildren(h('section.card.warn', {}, h('h1', {}, t('no_store')), h('p', {}, t('no_store_how'))));
    return;
  }
  listen();
  show();
  lead(() => {
    leads = true;
    link.begin();
    watchPosition(true);
  }, () => {
    leads = false;
    link.yield();
    watchPosition(false);
  });
  link.ask();
  keepAwake();
  serve();
}

start();
