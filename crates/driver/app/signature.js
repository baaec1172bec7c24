// A signature, drawn with a finger, a glove or a pen.

import { h } from './dom.js';

const WIDTH_PX = 900;
const HEIGHT_PX = 360;
const PEN_PX = 7;

/** The canvas as a PNG, at once: a driver who signs and sends in one breath must not be told that nothing is there. */
function png(canvas) {
  const text = atob(canvas.toDataURL('image/png').split(',')[1]);
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0)).buffer;
}

/** A canvas to sign on. `onEnd` is called with the image's bytes after each stroke. */
export function pad(label, onEnd) {
  const canvas = h('canvas.pad', { width: WIDTH_PX, height: HEIGHT_PX, role: 'img', 'aria-label': label });
  const ink = canvas.getContext('2d');
  let from = null;
  const clear = () => {
    // Black on white in every theme: that is what the office sees.
    ink.fillStyle = '#fff';
    ink.fillRect(0, 0, WIDTH_PX, HEIGHT_PX);
    ink.strokeStyle = '#000';
    ink.lineWidth = PEN_PX;
    ink.lineCap = 'round';
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * WIDTH_PX, ((event.clientY - box.top) / box.height) * HEIGHT_PX];
  };
  const stroke = (to) => {
    ink.beginPath();
    ink.moveTo(...from);
    ink.lineTo(...to);
    ink.stroke();
    from = to;
  };
  canvas.addEventListener('pointerdown', (event) => {
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    from = place(event);
    stroke(from);
  });
  canvas.addEventListener('pointermove', (event) => from && stroke(place(event)));
  const end = () => {
    if (!from) return;
    from = null;
    onEnd(png(canvas));
  };
  canvas.addEventListener('pointerup', end);
  canvas.addEventListener('pointercancel', end);
  clear();
  return { canvas, clear };
}
