// Where the driver is to go, and what became of it.

import { h, heading, notice, sign, status } from './dom.js';
import { here } from './points.js';
import { draft, enqueue, keepDraft, limits, services, state } from './state.js';
import { touch } from './signal.js';
import { t, when } from './words.js';

const SHAPES = { open: ['plain', 'open'], visited: ['half', 'half'], delivered: ['good', 'ok'] };

function standing(service) {
  const [kind, shape] = SHAPES[service.state] ?? SHAPES.open;
  const signs = [status(kind, shape, t(`service_${service.state}`))];
  if (service.waits) signs.push(status('wait', 'wait', t('waiting')));
  return h('span.standing', {}, signs);
}

function due(service) {
  if (!service.due) return null;
  const isLate = service.state === 'open' && Date.parse(service.due) < Date.now();
  return isLate
    ? status('bad', 'warn', t('late', { time: when(service.due) }))
    : h('span', {}, t('due', { time: when(service.due) }));
}

export function mountList(main) {
  const list = h('ol.stack', {});
  const none = h('p.none', {}, t('no_services'));
  main.append(h('div.page', {}, heading(t('services')), none, list));
  const update = () => {
    const all = services();
    none.hidden = all.length > 0;
    // What is still to be done comes first; otherwise the office's order.
    const sorted = [...all.filter((one) => one.state === 'open'), ...all.filter((one) => one.state !== 'open')];
    list.replaceChildren(...sorted.map((service) => h('li', {}, h(`a.entry.${service.state}`, { href: `#/service/${service.id}` },
      h('span.words', {}, h('strong', {}, service.title), service.address && h('span', {}, service.address), due(service)),
      standing(service)))));
  };
  update();
  return { update };
}

const KEY = (id) => `service-${id}`;

async function report(service, delivered, note) {
  touch();
  const body = { service: service.id, delivered, note, ...here() };
  const shown = [`${service.title}: ${t(delivered ? 'service_delivered' : 'service_visited')}`, note].filter(Boolean).join('\n');
  await enqueue({ type: 'service', body, shown, draft: KEY(service.id) });
  notice(t(state.link === 'online' ? 'sending' : 'kept'), 'good');
}

export function mountService(main, id) {
  const find = () => services().find((known) => known.id === id);
  const service = find();
  if (!service) {
    main.append(h('div.page', {}, heading(t('services'), '#/services'), h('p.none', {}, t('gone'))));
    return {};
  }
  const now = h('div.now', {});
  const input = h('textarea', { id: 'note', rows: 3, maxlength: limits().note_chars_max });
  draft(KEY(id)).then((note) => {
    if (note && !input.value) input.value = note;
  }).catch(() => {});
  input.addEventListener('input', () => keepDraft(KEY(id), input.value || null).catch(() => {}));
  let isSending = false;
  let isGone = false;
  const say = (delivered) => async () => {
    if (isSending) return;
    isSending = true;
    try {
      await report(service, delivered, input.value.trim());
      // A driver who went on meanwhile stays there.
      if (!isGone) location.hash = '#/services';
    } catch {
      isSending = false;
      notice(t('not_kept'), 'bad');
    }
  };
  const hasPlace = Number.isFinite(service.lat) && Number.isFinite(service.lng);
  const place = `geo:${service.lat},${service.lng}?q=${service.lat},${service.lng}(${encodeURIComponent(service.title)})`;
  main.append(h('div.page', {}, heading(service.title, '#/services'),
    h('section.card', {}, now,
      service.address && h('p.address', {}, service.address),
      due(service),
      service.note && h('p.text', {}, service.note),
      hasPlace && h('a.big.plain.wide', { href: place }, sign('place'), h('span', {}, t('map')))),
    h('div.field', {}, h('label', { for: 'note' }, t('note')), input),
    h('div.actions', {},
      h('button.big.plain', { type: 'button', onclick: say(false) }, sign('half'), h('span', {}, t('visited'))),
      h('button.big.primary', { type: 'button', onclick: say(true) }, sign('ok'), h('span', {}, t('delivered'))))));
  const update = () => now.replaceChildren(standing(find() ?? service));
  update();
  return {
    update,
    leave() {
      isGone = true;
    },
  };
}
