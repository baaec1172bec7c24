// What must survive the app's end at any moment: one IndexedDB database.
//
// kept      the pairing, the office's lists
// messages  the conversation, both directions, in the order of their arrival on this phone
// outbox    what is to be sent, in order
// files     photos and signatures of forms in the outbox
// drafts    what the driver has begun
// points    positions to be sent

const NAME = 'odograph-driver';
const VERSION = 1;

let opening = null;

function upgrade(db) {
  db.createObjectStore('kept');
  db.createObjectStore('messages', { keyPath: 'n', autoIncrement: true }).createIndex('key', 'key', { unique: true });
  db.createObjectStore('outbox', { keyPath: 'n', autoIncrement: true }).createIndex('guid', 'guid', { unique: true });
  db.createObjectStore('files', { keyPath: 'guid' });
  db.createObjectStore('drafts');
  db.createObjectStore('points', { keyPath: 'n', autoIncrement: true });
}

/** A request of IndexedDB as a promise. */
export function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => upgrade(request.result);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const db = request.result;
      // A tab with a newer version of the app wants to change the database.
      db.onversionchange = () => {
        opening = null;
        db.close();
      };
      db.onclose = () => {
        opening = null;
      };
      resolve(db);
    };
  }).catch((error) => {
    opening = null;
    throw error;
  });
  return opening;
}

async function transact(names, mode, work) {
  const db = await open();
  // Without `strict` a browser may call a transaction complete that a loss of power undoes.
  const transaction = db.transaction(names, mode, { durability: 'strict' });
  const completed = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error ?? new Error('aborted'));
  });
  try {
    const answer = await work(...names.map((name) => transaction.objectStore(name)));
    await completed;
    return answer;
  } catch (error) {
    completed.catch(() => {});
    try {
      transaction.abort();
    } catch {
      // It has ended already.
    }
    throw error;
  }
}

/** All of `work`, or nothing of it; done when it is on the disk. `work` may await nothing but `result`. */
export const write = (names, work) => transact(names, 'readwrite', work);

/** Reads what `work` asks of these stores. */
export const read = (names, work) => transact(names, 'readonly', work);
