// The forms of the office, and one of them to be filled in.

import { fieldFor } from './fields.js';
import { h, heading, notice, sheet, sign, status } from './dom.js';
import { here } from './points.js';
import { draft, enqueue, keepDraft, newGuid, state } from './state.js';
import { touch } from './signal.js';
import { t } from './words.js';

const KINDS = ['text', 'number', 'choice', 'photo', 'signature'];

const usable = () => state.lists.forms.filter((form) => form.fields.every((field) => KINDS.includes(field.kind)));

export function mountList(main) {
  const list = h('div.stack', {});
  const none = h('p.none', {}, t('no_forms'));
  main.append(h('div.page', {}, heading(t('forms')), none, list));
  const update = async () => {
    const forms = usable();
    none.hidden = forms.length > 0;
    const rows = await Promise.all(forms.map(async (form) => {
      const begun = await draft(`form-${form.id}`).catch(() => null);
      return h('a.entry', { href: `#/form/${form.id}` }, sign('form', 36),
        h('span.words', {}, h('strong', {}, form.name),
          h('span', {}, begun ? status('half', 'half', t('begun')) : t('fields', { n: form.fields.length }))));
    }));
    list.replaceChildren(...rows);
  };
  update();
  return { update };
}

/** Keeps what is filled in, so that the app may end at any moment. */
function keeper(key, begun, shown) {
  let changes = 0;
  // By labels of the office, which may be called as anything that every object has.
  const values = Object.assign(Object.create(null), begun?.values);
  const files = Object.assign(Object.create(null), begun?.files);
  const keep = () => {
    const isEmpty = Object.keys(values).length + Object.keys(files).length === 0;
    changes += 1;
    const mine = changes;
    shown.replaceChildren();
    const show = () => mine === changes && shown.replaceChildren(status('good', 'ok', t('draft_kept')));
    keepDraft(key, isEmpty ? null : { values, files }).then(show, () => notice(t('not_kept'), 'bad'));
  };
  const put = (into, label, value) => {
    if (value === null || value === '') delete into[label];
    else into[label] = value;
    keep();
  };
  return {
    values, files,
    value: (label, value) => put(values, label, value),
    file: (label, file) => put(files, label, file),
  };
}

async function send(form, kept) {
  const filled = form.fields.filter(({ label }) => label in kept.values || label in kept.files);
  const values = filled.map(({ label }) => ({ label, value: kept.values[label] ?? '' }));
  const files = filled.filter(({ label }) => label in kept.files)
    .map(({ label }) => ({ label, guid: newGuid(), ...kept.files[label] }));
  const shown = [form.name, ...filled.map(({ label }) => `${label}: ${kept.values[label] ?? t('attached')}`)].join('\n');
  const body = { form: form.id, name: form.name, values, ...here() };
  await enqueue({ type: 'form', body, shown, files, draft: `form-${form.id}` });
}

async function discard(key) {
  const answer = await sheet(t('discard_this'), null, [
    { words: t('discard'), value: true, kind: 'danger', shape: 'stop' },
    { words: t('cancel'), value: null },
  ]);
  if (!answer) return;
  await keepDraft(key, null);
  location.hash = '#/forms';
}

export function mountForm(main, id) {
  const form = usable().find((known) => String(known.id) === id);
  if (!form) {
    main.append(h('div.page', {}, heading(t('forms'), '#/forms'), h('p.none', {}, t('gone'))));
    return {};
  }
  const key = `form-${form.id}`;
  const body = h('form.stack', { novalidate: true });
  main.append(h('div.page', {}, heading(form.name, '#/forms'), body));
  let isGone = false;
  draft(key).catch(() => null).then((begun) => {
    if (isGone) return;
    const shown = h('p.kept', {});
    const kept = keeper(key, begun, shown);
    const fields = form.fields.map((field, at) => fieldFor(field, `field-${at}`, kept));
    let isSending = false;
    body.addEventListener('submit', async (event) => {
      event.preventDefault();
      const wrong = fields.filter((field) => field.check() !== null);
      if (wrong.length > 0) {
        wrong[0].focus();
        notice(t('wrong_fields', { n: wrong.length }), 'bad');
        return;
      }
      if (isSending) return;
      isSending = true;
      touch();
      try {
        await send(form, kept);
        notice(t(state.link === 'online' ? 'sending' : 'kept'), 'good');
        if (!isGone) location.hash = '#/forms';
      } catch {
        isSending = false;
        notice(t('not_kept'), 'bad');
      }
    });
    body.append(...fields.map((field) => field.element), shown,
      h('button.big.primary.wide', { type: 'submit' }, sign('send'), h('span', {}, t('send_form'))),
      h('button.big.plain.wide', { type: 'button', onclick: () => discard(key) }, sign('erase'), h('span', {}, t('discard'))));
  });
  return {
    leave() {
      isGone = true;
    },
  };
}
