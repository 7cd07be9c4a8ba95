/** Leave to see what was said: who has it, since when, and what of it is in the log. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fault } from '#domain/fault.ts';

import { type House, openHouse, textIn } from '../admin.contract.ts';
import { SHOWN_REF, testAudit } from './audit.contract.ts';
import { RevealDesk } from './reveal-desk.ts';

const LEAVES = '/admin/v1/content-leaves';
const ASKED = { tenant: 'acme', reason: 'a case' };
const silent = { write: () => {} };

/** As if the store had gone away: before anything of a change is done, or when all of it is. */
function breakStore(
  { storage }: Pick<House, 'storage'>,
  when: 'early' | 'late' = 'early',
): () => void {
  const change = storage.change.bind(storage);
  const broken = async (...asked: Parameters<typeof change>): Promise<never> => {
    if (when === 'late') await change(...asked);
    throw new Fault('storage-failed', 'a test');
  };
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
  assert.deepEqual(house.reveals.all(), []);
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

test('a hold that ends is in the log before it is gone', async (t) => {
  const house = await openHouse(t, { log: silent });
  const token = house.token('platform-admin');
  const body = { ...ASKED, user: 'ann' };
  const made = await house.ask('POST', '/admin/v1/holds', { token, body });
  const path = `/admin/v1/holds/${textIn(made, 'id')}`;
  const mend = breakStore(house, 'late');
  assert.equal((await house.ask('DELETE', path, { token })).status, 503);
  mend();
  assert.equal(house.audit.holds().length, 1);
  assert.equal((await house.ask('DELETE', path, { token })).status, 204);
  assert.equal(house.audit.holds().length, 0);
});

test('a leave does not follow whoever has been moved to another tenant', async (t) => {
  const house = await openHouse(t);
  const token = await house.addToken({ role: 'tenant-admin', tenant: 'other' });
  const asker = `admin:${token.split('_')[1] ?? ''}`;
  const leave = house.reveals.ask({ ...ASKED, asker, party: asker, minutes: 5 }, false);
  const body = { ref: SHOWN_REF };
  const shown = await house.ask('POST', `${LEAVES}/${leave.id}/reveal`, { token, body });
  assert.equal(shown.status, 404, shown.text);
});

test('whoever asks without end pushes out no leave of another tenant', () => {
  const desk = new RevealDesk({ nowMs: () => 0, monotonicMs: () => 0 });
  const wanted = { asker: 'a', party: 'a', reason: 'a case', minutes: 5 };
  const kept = desk.ask({ ...wanted, tenant: 'acme' }, true);
  for (let count = 0; count < 1_500; count += 1) desk.ask({ ...wanted, tenant: 'other' }, true);
  assert.deepEqual(desk.find(kept.id), kept);
  assert.equal(desk.all().length, 101);
});
