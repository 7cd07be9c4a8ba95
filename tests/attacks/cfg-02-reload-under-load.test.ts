/** CFG-02: a hundred reloads under load: 0 errors, and limits are not refilled by them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BASE, bearer, chat, openHouse, post } from '../support/house.ts';
import { openUpstream, UPSTREAM_ENV, upstreamYaml } from '../support/upstream.ts';

test('CFG-02: 100 reloads while 8 callers call: every answer is 200', async () => {
  const upstream = await openUpstream();
  const yaml = (index: number): string =>
    `${upstreamYaml(upstream)}${BASE}limits: [{ name: wide, per: [key], requests: ${1_000_000 + index}/1m }]`;
  const house = await openHouse(yaml(0), UPSTREAM_ENV);
  try {
    const headers = bearer(await house.key());
    let isOver = false;
    const statuses = new Map<number, number>();
    const caller = async (): Promise<void> => {
      while (!isOver) {
        const { status } = await post(`${house.url}/v1/chat/completions`, chat('x'), headers);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    const callers = Array.from({ length: 8 }, caller);
    for (let index = 1; index <= 100; index += 1) {
      assert.equal((await house.apply(yaml(index))).applied, true);
      await new Promise((next) => setTimeout(next, 20));
    }
    isOver = true;
    await Promise.all(callers);
    assert.deepEqual([...statuses.keys()], [200]);
    assert.ok((statuses.get(200) ?? 0) > 100);
  } finally {
    await house.close();
    await upstream.close();
  }
});

test('CFG-02: a bucket that is empty stays empty over a reload', async () => {
  const upstream = await openUpstream();
  const yaml = `${upstreamYaml(upstream)}${BASE}limits: [{ name: few, per: [key], requests: 2/1h }]`;
  const house = await openHouse(yaml, UPSTREAM_ENV);
  try {
    const headers = bearer(await house.key());
    const ask = async (): Promise<number> =>
      (await post(`${house.url}/v1/chat/completions`, chat('x'), headers)).status;
    assert.deepEqual([await ask(), await ask(), await ask()], [200, 200, 429]);
    assert.equal((await house.apply(yaml)).applied, true);
    assert.equal(await ask(), 429);
  } finally {
    await house.close();
    await upstream.close();
  }
});
