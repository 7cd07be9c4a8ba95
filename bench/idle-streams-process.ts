/** The gateway of the bench on idle streams, in a process of its own, so that its memory is its own. */
import { z } from 'zod';

z.config({ jitless: true });
const { openHouse } = await import('../tests/support/house.ts');
const { aliasesYaml } = await import('../tests/support/streams.ts');
const { UPSTREAM_ENV } = await import('../tests/support/upstream.ts');

const [upstreamUrl = ''] = process.argv.slice(2);
const more = ', connectionsMax: 4096';
const server = ', inFlightMax: 8192, connectionsMax: 16384';
const limits = 'limits: [{ name: wide, per: [key], tokens: 1000000000/1m }]';
const guards = 'guards: [{ name: secrets, type: secrets, on: [request, reply], action: redact }]';
const yaml = aliasesYaml({ url: upstreamUrl }, 0, { more, server }).replace('guards: []', guards);
const house = await openHouse(`${yaml}${limits}`, UPSTREAM_ENV);
const key = await house.key();
process.stdout.write(`${JSON.stringify({ url: house.url, adminUrl: house.adminUrl, key })}\n`);

/** Asked over the channel, so that asking costs the gateway no connection. */
process.on('message', () => {
  globalThis.gc?.();
  const { running, limitStore } = house.running.world;
  const { rss, heapUsed } = process.memoryUsage();
  process.send?.({ rss, heapUsed, running: running.count, open: limitStore.openCount });
});
process.on('SIGTERM', () => {
  house.close().finally(() => process.exit(0));
});
