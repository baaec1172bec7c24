// Elements, signs, short notices and sheets.

import { t } from './words.js';

const SVG = 'http://www.w3.org/2000/svg';

/** An element: `h('button.big', { onclick }, 'Send')`. Names that begin with `on` are listeners. */
export function h(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split('.');
  const element = document.createElement(tag);
  if (classes.length > 0) element.className = classes.join(' ');
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

// Shapes as on the road: round is in order, a triangle is a warning, an octagon is a stop.
const TICK = 'M9 16.5l5 5 9-11';
const SIGNS = {
  ok: [['path', 'fill', 'M16 2a14 14 0 1 0 0 28a14 14 0 0 0 0-28z'], ['path', 'cut', TICK]],
  open: [['path', 'line', 'M16 4a12 12 0 1 0 0 24a12 12 0 0 0 0-24z']],
  half: [['path', 'line', 'M16 4a12 12 0 1 0 0 24a12 12 0 0 0 0-24z'], ['path', 'fill', 'M16 4a12 12 0 0 0 0 24z']],
  warn: [['path', 'fill', 'M16 2L31 29H1z'], ['path', 'cut', 'M16 12v8M16 24v1']],
  stop: [['path', 'fill', 'M10 2h12l8 8v12l-8 8H10l-8-8V10z'], ['path', 'cut', 'M11 11l10 10M21 11L11 21']],
  wait: [['path', 'line', 'M5 5h22v22H5z'], ['path', 'line', 'M16 10v7h5']],
  fresh: [['path', 'fill', 'M16 1l15 15-15 15L1 16z'], ['path', 'cut', 'M16 9v8M16 21v1']],
  home: [['path', 'line', 'M4 15L16 5l12 10M8 13v14h16V13']],
  mail: [['path', 'line', 'M3 7h26v18H3zM3 8l13 10L29 8']],
  form: [['path', 'line', 'M6 3h20v26H6zM11 10h10M11 16h10M11 22h6']],
  place: [['path', 'line', 'M16 30C8 21 6 17 6 12a10 10 0 0 1 20 0c0 5-2 9-10 18z'], ['path', 'line', 'M16 9a3 3 0 1 0 0 6a3 3 0 0 0 0-6z']],
  gear: [['path', 'line', 'M5 8h6M17 8h10M5 16h14M25 16h2M5 24h4M15 24h12'], ['path', 'line', 'M14 5v6M22 13v6M12 21v6']],
  send: [['path', 'line', 'M4 16h22M17 7l9 9-9 9']],
  back: [['path', 'line', 'M28 16H6M15 7l-9 9 9 9']],
  camera: [['path', 'line', 'M3 9h7l2-4h8l2 4h7v17H3z'], ['path', 'line', 'M16 12a5 5 0 1 0 0 10a5 5 0 0 0 0-10z']],
  erase: [['path', 'line', 'M11 6h18v20H11L3 16zM16 12l8 8M24 12l-8 8']],
};

/** A sign beside a word. It is never alone, so screen readers pass over it. */
export function sign(name, size = 28) {
  const svg = document.createElementNS(SVG, 'svg');
  const attributes = { viewBox: '0 0 32 32', width: size, height: size, class: 'sign', 'aria-hidden': 'true' };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  for (const [tag, kind, d] of SIGNS[name]) {
    const part = document.createElementNS(SVG, tag);
    part.setAttribute('class', kind);
    part.setAttribute('d', d);
    svg.append(part);
  }
  return svg;
}

/** A status: shape and word. */
export function status(kind, shape, words) {
  return h(`span.status.${kind}`, {}, sign(shape, 24), h('span', {}, words));
}

/** A heading with a way back. */
export function heading(words, back) {
  const link = back && h('a.back', { href: back }, sign('back', 32), h('span', {}, t('back')));
  return h('div.heading', {}, link, h('h1', { tabindex: '-1' }, words));
}

let fading = 0;

/** Says something that goes away by itself. */
export function notice(words, kind = 'plain') {
  const toast = document.getElementById('toast');
  toast.className = `shown ${kind}`;
  toast.replaceChildren(h('span', {}, words));
  clearTimeout(fading);
  fading = setTimeout(() => {
    toast.className = '';
    toast.replaceChildren();
  }, 4500);
}

/** Says something at once to those who hear the screen. */
export function alarm(words) {
  document.getElementById('alarm').textContent = words;
}

/** A sheet from below; resolves with the value of the button, or null when it was dismissed. */
export function sheet(title, contents, buttons) {
  return new Promise((resolve) => {
    const dialog = h('dialog.sheet', { 'aria-labelledby': 'sheet-title' });
    const close = (value) => {
      dialog.close();
      dialog.remove();
      resolve(value);
    };
    const made = buttons.map(({ words, value, kind, shape }) =>
      h(`button.big.${kind ?? 'plain'}`, { type: 'button', onclick: () => close(value) }, shape && sign(shape), h('span', {}, words)));
    dialog.append(h('h2', { id: 'sheet-title' }, title), ...[contents].flat().filter(Boolean), h('div.buttons', {}, ...made));
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      close(null);
    });
    // A tap beside the sheet.
    dialog.addEventListener('click', (event) => event.target === dialog && close(null));
    document.body.append(dialog);
    dialog.showModal();
  });
}
