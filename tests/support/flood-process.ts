/**
 * Strangers, in a process of their own: made-up keys at a rate, on so many kept connections or on a new one
 * for each request, as cheap to make as can be. Says when asked how many were answered and how.
 *
 *   flood-process.ts PORT RATE CONNECTIONS [fresh]
 */
import { connect, type Socket } from 'node:net';

import { formatApiKey, newApiKey } from '#policy/authenticators/api-key-format.ts';

const [port = '0', rate = '5000', connections = '32', how = 'kept'] = process.argv.slice(2);
const CONNECTIONS = Number(connections);
const IS_FRESH = how === 'fresh';
const TICK_MS = 1;
const TOKENS = Array.from({ length: 2_048 }, () => formatApiKey(newApiKey('live')));
const REQUESTS = TOKENS.map((token) =>
  Buffer.from(
    `GET /v1/models HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\n\r\n`,
  ),
);

let sent = 0;
let answered = 0;
let refused = 0;
let other = 0;
const idle: Socket[] = [];

/** One request at a time on each connection: a stranger who pipelines is only a slower one. */
function open(): void {
  const socket = connect(Number(port), '127.0.0.1', () => idle.push(socket));
  socket.on('data', (data: Buffer) => {
    const status = data.toString('latin1', 9, 12);
    answered += 1;
    if (status === '401' || status === '429') refused += 1;
    else other += 1;
    if (IS_FRESH) socket.destroy();
    else idle.push(socket);
  });
  socket.on('close', open);
  socket.on('error', () => {});
}
for (let index = 0; index < CONNECTIONS; index += 1) open();

const perTick = (Number(rate) * TICK_MS) / 1_000;
let owed = 0;
let isOn = false;
setInterval(() => {
  if (!isOn) return;
  owed = Math.min(owed + perTick, CONNECTIONS * 4);
  while (owed >= 1) {
    const socket = idle.pop();
    const request = REQUESTS[sent % REQUESTS.length];
    if (socket === undefined || request === undefined) return;
    owed -= 1;
    sent += 1;
    socket.write(request);
  }
}, TICK_MS);

process.on('message', (message) => {
  isOn = message === 'on';
  process.send?.({ sent, answered, refused, other });
});
process.on('disconnect', () => process.exit(0));
