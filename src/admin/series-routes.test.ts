/** Numbers over time: for whom, in which steps, and what is said of a question that is none. */
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';

import { type House, openHouse } from './admin.contract.ts';

type Caller = Parameters<House['token']>[0];

async function asked(house: House, caller: Caller, query: string) {
  const answer = await fetch(`http://127.0.0.1:${house.port}/admin/v1/series${query}`, {
    headers: { authorization: `Bearer ${house.token(caller) ?? ''}` },
  });
  return { status: answer.status, body: JSON.parse(await answer.text()) };
}

const totals = (body: {
  readonly items: readonly {
    readonly names: readonly string[];
    readonly total: { readonly counts: { readonly requests: number } };
  }[];
}) => body.items.map(({ names, total }) => [...names, total.counts.requests]);

test('a range is answered in whole steps, with the one before it where that is asked for', async (t) => {
  const house = await openHouse(t);
  const query = '?from=2026-11-23T11:30:07Z&to=2026-11-23T12:00:03Z&by=tenant&compare=before';
  const { status, body } = await asked(house, 'platform-admin', query);
  assert.equal(status, 200);
  assert.equal(body.stepSeconds, 10);
  assert.equal(body.from, '2026-11-23T11:30:00.000Z');
  assert.equal(body.to, '2026-11-23T12:00:10.000Z');
  assert.deepEqual(totals(body), [
    ['other', 2],
    ['acme', 1],
  ]);
  assert.equal(body.items[0].points[0].at, '2026-11-23T12:00:00.000Z');
  assert.equal(body.items[0].total.times.total.count, 1);
  assert.equal(body.before.length, 2);
});

test('a confined administrator sees its tenant, whether it says so or not', async (t) => {
  const house = await openHouse(t);
  for (const query of ['?by=tenant', '?by=tenant&tenant=acme'])
    assert.deepEqual(totals((await asked(house, 'confined', query)).body), [['acme', 1]]);
  assert.equal((await asked(house, 'confined', '?tenant=other')).status, 404);
});

test('a question that is none is refused with what could be asked', async (t) => {
  const house = await openHouse(t);
  const cases = [
    ['?by=guard', 'guard', 'calls are told apart by tenant, model, deployment, route'],
    ['?category=email', 'category', 'calls are told apart by tenant, model, deployment, route'],
    ['?from=2026-11-23T13:00:00Z', 'from', 'is before `to`, and 800 days before it at most'],
  ] as const;
  for (const [query, field, problem] of cases) {
    const { status, body } = await asked(house, 'viewer', query);
    assert.equal(status, 400, query);
    assert.deepEqual(body.errors, [{ field, problem }]);
  }
  for (const query of ['?by=user', '?kind=money', '?by=model,route,tenant,deployment'])
    assert.equal((await asked(house, 'viewer', query)).status, 400, query);
});

test('live: the whole at first, then nothing until something changes', async (t) => {
  const house = await openHouse(t);
  const headers = { authorization: `Bearer ${house.token('confined') ?? ''}` };
  const path = '/admin/v1/series/live?by=tenant&minutes=5';
  const request = http.get({ host: '127.0.0.1', port: house.port, path, headers, agent: false });
  t.after(() => request.destroy());
  const text = await new Promise<string>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      let read = '';
      response.on('error', () => {});
      response.on('data', (piece: Buffer) => {
        read += piece.toString();
      });
      setTimeout(() => resolve(read), 2_600);
    });
  });
  const events = [...text.matchAll(/^event: (?<name>.+)$/gmu)].map(
    ({ groups }) => groups?.['name'],
  );
  // The second look finds the same.
  assert.deepEqual(events, ['series']);
  assert.match(text, /"names":\["acme"\]/u);
  assert.doesNotMatch(text, /other/u);
});
