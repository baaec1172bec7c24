// Where the phone is: positions as a tracker's, and beside what the driver sends.

import { on, tell } from './bus.js';
import { prefs, prefer } from './prefs.js';
import { limits, newGuid, state } from './state.js';
import { read, result, write } from './store.js';

/** A day without a network, with a point every five seconds. Beyond it the oldest go. */
const POINTS_MAX = 17_280;
const MOVED_M = 20;
const STILL_MS = 60_000;
const FRESH_MS = 120_000;

let watch = null;
/** The newest position, and the last one that was kept. */
let now = null;
let kept = null;
let battery = null;

const isWanted = () => (prefs.share && state.lists.shares_position) || prefs.attach;

function distance_m(a, b) {
  const rad = Math.PI / 180;
  const x = (b.lng - a.lng) * rad * Math.cos(((a.lat + b.lat) / 2) * rad);
  return Math.hypot(x, (b.lat - a.lat) * rad) * 6_371_000;
}

const round = (value, digits) => Math.round(value * 10 ** digits) / 10 ** digits;

function point({ coords, timestamp }) {
  const made = {
    time: new Date(timestamp).toISOString(),
    lat: round(coords.latitude, 7),
    lng: round(coords.longitude, 7),
    accuracy_m: round(coords.accuracy, 1),
  };
  if (coords.speed !== null && coords.speed >= 0) made.speed_kmh = round(coords.speed * 3.6, 1);
  if (Number.isFinite(coords.heading)) made.heading_deg = round(coords.heading, 1) % 360;
  if (coords.altitude !== null) made.altitude_m = round(coords.altitude, 1);
  if (battery) made.battery_level = Math.round(battery.level * 100);
  return made;
}

async function take(position) {
  tell('where', point(position));
  if (!prefs.share || !state.lists.shares_position) return;
  const isDue = !kept || Date.parse(now.time) - Date.parse(kept.time) >= STILL_MS || distance_m(kept, now) >= MOVED_M;
  if (!isDue) return;
  kept = now;
  await write(['points'], async (points) => {
    points.add({ point: kept });
    if ((await result(points.count())) <= POINTS_MAX) return;
    points.delete((await result(points.openKeyCursor())).key);
  });
  tell('kick');
}

/** Begins or ends watching, as the driver and the server want it. Only the tab that talks watches. */
export function watchPosition(leads) {
  const wanted = leads && isWanted() && 'geolocation' in navigator;
  if (wanted && watch === null) {
    navigator.getBattery?.().then((found) => {
      battery = found;
    }, () => {});
    watch = navigator.geolocation.watchPosition((position) => take(position).catch(() => {}), (error) => {
      if (error.code === error.PERMISSION_DENIED) tell('no-position');
    }, { enableHighAccuracy: true, maximumAge: 5000 });
  } else if (!wanted && watch !== null) {
    navigator.geolocation.clearWatch(watch);
    watch = null;
    kept = null;
  }
}

on('no-position', () => {
  prefer('share', false);
  prefer('attach', false);
});

// The tab that talks knows it first; the driver may be in another.
on('where', (where) => {
  now = where;
});

/** Latitude and longitude to go with what the driver sends, where wanted and known. Nothing waits for them. */
export function here() {
  const isFresh = prefs.attach && now && Date.now() - Date.parse(now.time) < FRESH_MS;
  return isFresh ? { lat: now.lat, lng: now.lng } : {};
}

/** The oldest points in one message; fewer of them where the server takes only a short one. */
function positions(rows) {
  const message = { type: 'positions', guid: newGuid(), points: rows.map((row) => row.point) };
  while (rows.length > 1 && JSON.stringify(message).length > limits().message_bytes_max) {
    rows.splice(Math.ceil(rows.length / 2));
    message.points.splice(rows.length);
  }
  return message;
}

/** Sends the oldest positions; whether there may be more. */
export async function sendPoints(connection) {
  if (!state.lists.shares_position) return false;
  const rows = await read(['points'], (points) => result(points.getAll(null, limits().points_max)));
  if (rows.length === 0) return false;
  const answer = await connection.ask(positions(rows));
  if (!answer) return false;
  if (answer.type === 'error') {
    await connection.pause(answer.retry * 1000);
    return true;
  }
  // Refused positions would be refused again.
  await write(['points'], async (points) => {
    for (const row of rows) points.delete(row.n);
  });
  return true;
}
