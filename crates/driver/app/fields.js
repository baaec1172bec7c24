// One field of a form: its element, and whether what it holds can be sent.

import { h, sign } from './dom.js';
import { draw, shrink } from './photo.js';
import { pad } from './signature.js';
import { limits } from './state.js';
import { t } from './words.js';

const PREVIEW_PX = 900;

/** The frame of a field: what it is called, what is wrong with it. */
function frame(field, id, control, isGroup) {
  const trouble = h('p.trouble', { id: `${id}-trouble` });
  const name = [field.label, field.required ? [' ', h('span.must', {}, t('required'))] : null];
  const element = isGroup
    ? h('fieldset.field', { 'aria-describedby': trouble.id }, h('legend', {}, name), control, trouble)
    : h('div.field', {}, h('label', { for: id }, name), control, trouble);
  const say = (words) => {
    trouble.replaceChildren(...(words ? [sign('stop', 24), h('span', {}, words)] : []));
    element.classList.toggle('wrong', words !== null);
    return words;
  };
  return { element, say };
}

function written(field, id, kept) {
  const isNumber = field.kind === 'number';
  const shared = { id, 'aria-describedby': `${id}-trouble`, autocomplete: 'off', maxlength: limits().value_chars_max };
  const input = isNumber
    ? h('input', { ...shared, type: 'text', inputmode: 'decimal' })
    : h('textarea', { ...shared, rows: 2 });
  input.value = kept.values[field.label] ?? '';
  const { element, say } = frame(field, id, input, false);
  const value = () => (isNumber ? input.value.trim().replace(',', '.') : input.value.trim());
  input.addEventListener('input', () => {
    kept.value(field.label, value());
    say(null);
  });
  const check = () => {
    if (value() === '') return say(field.required ? t('missing') : null);
    return say(isNumber && !/^[+-]?(\d+\.?\d*|\.\d+)$/.test(value()) ? t('no_number') : null);
  };
  return { element, check, focus: () => input.focus() };
}

function choice(field, id, kept) {
  const boxes = field.choices.map((words, at) => {
    const input = h('input', { type: 'radio', name: id, id: `${id}-${at}`, value: words, checked: kept.values[field.label] === words });
    input.addEventListener('change', () => {
      kept.value(field.label, words);
      say(null);
    });
    return [input, h('label.option', { for: `${id}-${at}` }, words)];
  });
  const { element, say } = frame(field, id, h('div.options', {}, boxes), true);
  const isKnown = () => field.choices.includes(kept.values[field.label]);
  const check = () => say(field.required && !isKnown() ? t('missing') : null);
  return { element, check, focus: () => boxes[0]?.[0].focus() };
}

function photo(field, id, kept) {
  const preview = h('canvas.preview', { role: 'img', 'aria-label': t('photo_taken') });
  const words = h('span', {});
  const input = h('input.unseen', { type: 'file', id, accept: 'image/*', capture: 'environment', 'aria-describedby': `${id}-trouble` });
  const again = h('label.big.plain.wide', { for: id }, sign('camera', 36), words);
  const { element, say } = frame(field, id, h('div.camera', {}, preview, input, again), true);
  const show = async (bytes, media) => {
    preview.hidden = !bytes;
    words.textContent = t(bytes ? 'photo_again' : 'photo');
    if (!bytes) return;
    const picture = await createImageBitmap(new Blob([bytes], { type: media }));
    draw(preview, picture, PREVIEW_PX);
    picture.close();
  };
  input.addEventListener('change', async () => {
    const [file] = input.files;
    if (!file) return;
    try {
      const bytes = await shrink(file, limits().file_bytes_max);
      kept.file(field.label, { bytes, media: 'image/jpeg' });
      say(null);
      await show(bytes, 'image/jpeg');
    } catch {
      say(t('no_photo'));
    }
    input.value = '';
  });
  const { bytes, media } = kept.files[field.label] ?? {};
  show(bytes, media).catch(() => kept.file(field.label, null));
  const check = () => say(field.required && !kept.files[field.label] ? t('missing') : null);
  return { element, check, focus: () => input.focus() };
}

function signature(field, id, kept) {
  const { canvas, clear } = pad(field.label, (bytes) => {
    kept.file(field.label, { bytes, media: 'image/png' });
    say(null);
  });
  const wipe = h('button.big.plain.wide', { type: 'button' }, sign('erase'), h('span', {}, t('sign_again')));
  wipe.addEventListener('click', () => {
    clear();
    kept.file(field.label, null);
  });
  const { element, say } = frame(field, id, h('div.signing', {}, canvas, h('p.hint', {}, t('sign_here')), wipe), true);
  const { bytes, media } = kept.files[field.label] ?? {};
  if (bytes) {
    createImageBitmap(new Blob([bytes], { type: media })).then((picture) => {
      canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
      picture.close();
    }, () => kept.file(field.label, null));
  }
  const check = () => say(field.required && !kept.files[field.label] ? t('missing') : null);
  return { element, check, focus: () => canvas.scrollIntoView({ block: 'center' }) };
}

const MAKERS = { text: written, number: written, choice, photo, signature };

/** `{element, check, focus}`; `check` shows what is wrong and gives it, or null. */
export const fieldFor = (field, id, kept) => MAKERS[field.kind](field, id, kept);
