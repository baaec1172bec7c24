'use strict';
// What all clients share: they print what they see, one JSON object a line, and take orders the same way.

function tell(callback, fields) {
  process.stdout.write(JSON.stringify({ callback, ...fields }) + '\n');
}

// A frame as the application receives it: parsed where it is JSON, else the text itself.
function tellMessage(text) {
  let message = text;
  try {
    message = JSON.parse(text);
  } catch {
    // Left as text: the test decides whether that is right.
  }
  tell('message', { message });
}

// Orders: {"push": <message>} sends one, {"close": true} ends the client as a page would.
function takeOrders(push, close) {
  const lines = require('node:readline').createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const order = JSON.parse(line);
    if (order.push !== undefined) push(JSON.stringify(order.push));
    if (order.close) close();
  });
}

module.exports = { tell, tellMessage, takeOrders };
