/** Leave to see what was said: who has it, since when, and what of it is in the log. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fault } from '#domain/fault.ts';
import { ok } from '#stdx/result.ts';

import { type House, openHouse, TEST_NOW_MS, textIn } from '../admin.contract.ts';
import { seed } from '../admin-seeds.contract.ts';
import { SHOWN_REF, testAudit } from './audit.contract.ts';
import { newLeave, removeLeaves } from './leaves.ts';

const LEAVES = '/admin/v1/content-leaves';
const ASKED = { tenant: 'acme', reason: 'a case' };
const silent = { write: () => {} };

const leavesOf = async ({ storage }: Pick<House, 'storage'>) =>
  (await storage.contentLeaves.list({ limit: 1_000 })).items;

/** As if the store had gone away: before anything of a change is done, or when all of it is. */
function breakStore({ storage }: Pick<House, 'storage'>): () => void {
  const change = storage.change.bind(storage);
  const broken = (): Promise<never> => Promise.reject(new Fault('storage-failed', 'a test'));
  Object.assign(storage, { change: broken });
  return () => void Object.assign(storage, { change });
}

test('no leave that the log does not know of: neither asked for nor agreed to', async (t) => {
  const audit = testAudit({ secondPerson: true });
  const house = await openHouse(t, { audit, log: silent });
  const [asker, other] = [house.token('security-auditor'), house.token('platform-admin')];
  const mend = breakStore(house);
  const lost = await house.ask('POST', LEAVES, { token: asker, body: ASKED });
  assert.equal(lost.status, 503);
  assert.deepEqual(await leavesOf(house), []);
  mend();
  const asked = await house.ask('POST', LEAVES, { token: asker, body: ASKED });
  assert.equal(asked.status, 201, asked.text);
  const path = `${LEAVES}/${textIn(asked, 'id')}`;
  breakStore(house);
  assert.equal((await house.ask('POST', `${path}/agree`, { token: other })).status, 503);
  mend();
  const reveal = { token: asker, body: { ref: SHOWN_REF } };
  assert.equal((await house.ask('POST', `${path}/reveal`, reveal)).body['status'], 403);
  assert.equal((await house.ask('POST', `${path}/agree`, { token: asker })).status, 409, 'its own');
  assert.equal((await house.ask('POST', `${path}/agree`, { token: other })).status, 200);
  assert.equal((await house.ask('POST', `${path}/reveal`, reveal)).status, 200);
});

test('a hold ends with its record in the log, or it does not end', async (t) => {
  const house = await openHouse(t, { log: silent });
  const token = house.token('platform-admin');
  const body = { ...ASKED, user: 'ann' };
  const made = await house.ask('POST', '/admin/v1/holds', { token, body });
  const path = `/admin/v1/holds/${textIn(made, 'id')}`;
  const mend = breakStore(house);
  assert.equal((await house.ask('DELETE', path, { token })).status, 503);
  mend();
  assert.ok((await house.storage.holds.find(textIn(made, 'id'))) !== null);
  assert.equal((await house.ask('DELETE', path, { token })).status, 204);
  assert.equal(await house.storage.holds.find(textIn(made, 'id')), null);
});

test('a leave does not follow whoever has been moved to another tenant', async (t) => {
  const house = await openHouse(t);
  const token = await house.addToken({ role: 'tenant-admin', tenant: 'other' });
  const asker = `admin:${token.split('_')[1] ?? ''}`;
  const leave = newLeave({ ...ASKED, asker, party: asker, minutes: 5 }, false, TEST_NOW_MS);
  await seed(house.storage, (tx) => tx.contentLeaves.insert(leave));
  const body = { ref: SHOWN_REF };
  const shown = await house.ask('POST', `${LEAVES}/${leave.id}/reveal`, { token, body });
  assert.equal(shown.status, 404, shown.text);
});

test('whoever asks without end pushes out no leave of another tenant', async (t) => {
  const house = await openHouse(t);
  const { storage } = house;
  const of = (tenant: string, at: number) =>
    newLeave({ ...ASKED, tenant, asker: 'a', party: 'a', minutes: 60 }, true, TEST_NOW_MS + at);
  const kept = of('acme', 0);
  await seed(storage, async (tx) => {
    await tx.contentLeaves.insert(kept);
    for (let at = 0; at < 120; at += 1) await tx.contentLeaves.insert(of('other', at));
    return ok(null);
  });
  const token = house.token('security-auditor');
  const body = { ...ASKED, tenant: 'other' };
  const asked = await house.ask('POST', LEAVES, { token, body });
  assert.equal(asked.status, 201, asked.text);
  const left = await leavesOf(house);
  assert.equal(left.length, 101);
  assert.deepEqual(
    left.find(({ tenant }) => tenant === 'acme'),
    kept,
  );
  // The oldest went, and the new one is there.
  const times = left.flatMap(({ tenant, askedMs }) => (tenant === 'other' ? askedMs : []));
  assert.equal(Math.min(...times), TEST_NOW_MS, 'which is the new one');
  assert.equal(times.filter((at) => at < TEST_NOW_MS + 21).length, 1);
  // Those that are over are nobody's place: they go first, and are told to nobody before.
  house.time.nowMs += 2 * 86_400_000;
  const listed = await house.ask('GET', LEAVES, { token });
  assert.deepEqual(listed.body['items'], []);
  assert.equal((await house.ask('POST', LEAVES, { token, body })).status, 201);
  assert.equal((await leavesOf(house)).length, 2);
});

test('a leave that was asked for at one gateway is agreed to and used at others', async (t) => {
  const audit = testAudit({ secondPerson: true });
  const first = await openHouse(t, { audit });
  const { storage } = first;
  const [second, third] = [
    await openHouse(t, { audit, storage }),
    await openHouse(t, { audit, storage }),
  ];
  const [asker, other] = [first.token('security-auditor'), first.token('platform-admin')];
  const asked = await first.ask('POST', LEAVES, { token: asker, body: ASKED });
  const path = `${LEAVES}/${textIn(asked, 'id')}`;
  const listed = await second.ask('GET', LEAVES, { token: other });
  assert.deepEqual(listed.body['items'], [asked.body]);
  assert.equal(
    (await second.ask('POST', `${path}/agree`, { token: asker })).status,
    409,
    'its own',
  );
  // Another agrees at another gateway, after this one has looked and before it writes.
  const change = storage.change.bind(storage);
  const late = async (...wanted: Parameters<typeof change>) => {
    Object.assign(storage, { change });
    assert.equal((await third.ask('POST', `${path}/agree`, { token: other })).status, 200);
    return await change(...wanted);
  };
  Object.assign(storage, { change: late });
  assert.equal((await second.ask('POST', `${path}/agree`, { token: other })).status, 404);
  const body = { ref: SHOWN_REF };
  assert.equal((await third.ask('POST', `${path}/reveal`, { token: asker, body })).status, 200);
  const entries = (await storage.outbox.pending(100)).filter(({ resource }) =>
    resource.startsWith('content'),
  );
  assert.deepEqual(
    entries.map(({ action }) => action),
    ['content.ask', 'content.agree', 'content.reveal'],
  );
});

test('a leave that goes while it is used shows nothing, and nothing is recorded of it', async (t) => {
  const audit = testAudit();
  const house = await openHouse(t, { audit });
  const { storage } = house;
  const token = house.token('security-auditor');
  const asked = await house.ask('POST', LEAVES, { token, body: ASKED });
  const content = audit.content;
  const gone = async (ref: string) => {
    await seed(storage, async (tx) => {
      await removeLeaves(tx, await leavesOf(house));
      return ok(null);
    });
    return await content(ref);
  };
  Object.assign(audit, { content: gone });
  const path = `${LEAVES}/${textIn(asked, 'id')}/reveal`;
  const shown = await house.ask('POST', path, { token, body: { ref: SHOWN_REF } });
  assert.equal(shown.status, 404, shown.text);
  const actions = (await storage.outbox.pending(100)).map(({ action }) => action);
  assert.equal(actions.includes('content.reveal'), false);
});

test('a tenant that is removed and made again has no leave of before', async (t) => {
  const house = await openHouse(t);
  const token = house.token('platform-admin');
  const body = { id: 'shop' };
  const made = await house.ask('POST', '/admin/v1/tenants', { token, body });
  assert.equal(made.status, 201, made.text);
  await house.ask('POST', LEAVES, { token, body: { ...ASKED, tenant: 'shop' } });
  const headers = { 'if-match': '"1"' };
  const removed = await house.ask('DELETE', '/admin/v1/tenants/shop', { token, headers });
  assert.equal(removed.status, 204, removed.text);
  assert.deepEqual(await leavesOf(house), []);
});
