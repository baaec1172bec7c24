// Sound, vibration, the number on the app's icon, and the screen that stays on.

import { prefs } from './prefs.js';

let audio = null;

/** Browsers let a page sound only after it was touched. */
export function allowSound() {
  audio ??= 'AudioContext' in self ? new AudioContext() : null;
  if (audio?.state === 'suspended') audio.resume().catch(() => {});
}

function tone(from_s, hertz) {
  const source = audio.createOscillator();
  const volume = audio.createGain();
  const begin = audio.currentTime + from_s;
  source.type = 'triangle';
  source.frequency.value = hertz;
  volume.gain.setValueAtTime(0.0001, begin);
  volume.gain.exponentialRampToValueAtTime(0.6, begin + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, begin + 0.28);
  source.connect(volume).connect(audio.destination);
  source.start(begin);
  source.stop(begin + 0.3);
}

/** Browsers let a page vibrate, too, only after it was touched. */
function vibrate(pattern_ms) {
  if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.(pattern_ms);
}

/** A new message. */
export function ring() {
  vibrate([250, 120, 250]);
  if (!prefs.sound || audio?.state !== 'running') return;
  tone(0, 880);
  tone(0.32, 1175);
}

/** A short answer to a touch that matters, felt through gloves. */
export const touch = () => vibrate(40);

/** The number on the app's icon, and in its title. */
export function showCount(count, title) {
  document.title = count > 0 ? `(${count}) ${title}` : title;
  const shown = count > 0 ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.();
  shown?.catch(() => {});
}

let lock = null;

/** Keeps the screen on while the app is looked at, where wanted. */
export async function keepAwake() {
  const isWanted = prefs.awake && document.visibilityState === 'visible';
  if (!('wakeLock' in navigator)) return;
  if (isWanted && !lock) {
    lock = await navigator.wakeLock.request('screen').catch(() => null);
    lock?.addEventListener('release', () => {
      lock = null;
    });
  } else if (!isWanted) await lock?.release();
}
