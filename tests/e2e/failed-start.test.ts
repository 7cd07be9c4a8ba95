/** A start that fails half-way leaves nobody in: what listened before it failed listens no more. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';

import { BASE, DEMO, openHouse } from '../support/house.ts';
import { freePort } from '../support/programs.ts';

test('an administrator’s port that is taken ends the start, and the data port with it', async () => {
  const [dataPort, adminPort] = [await freePort(), await freePort()];
  const taken = createServer();
  await new Promise<void>((resolve) => {
    taken.listen(adminPort, '127.0.0.1', resolve);
  });
  const yaml = `${DEMO}${BASE}guards: []
server: { listen: "127.0.0.1:${dataPort}" }
admin: { listen: "127.0.0.1:${adminPort}" }`;
  try {
    await assert.rejects(openHouse(yaml), {
      message: new RegExp(`port ${adminPort} is taken`, 'u'),
      path: ['admin', 'listen'],
    });
    await assert.rejects(fetch(`http://127.0.0.1:${dataPort}/livez`));
  } finally {
    taken.close();
  }
  const house = await openHouse(yaml);
  assert.equal((await fetch(`http://127.0.0.1:${dataPort}/livez`)).status, 200);
  await house.close();
});
