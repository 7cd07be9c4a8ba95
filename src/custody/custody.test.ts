import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { test } from 'node:test';

import { Fault } from '#domain/fault.ts';

import type { Bound } from './bound.ts';
import type { Custody } from './custody.ts';
import { boundTo, newSecret, testCustody } from './custody.contract.ts';
import { parseSealed, sealedJson, sealedOf, sealedReference, referredSealed } from './sealed.ts';
import { SealedSecret } from './sealed-secret.ts';

const read = async (custody: Custody, bound: Bound, sealed: string): Promise<string> =>
  await custody.open(bound, sealed, (plain) => plain.toString('utf8'));

const refuses = async (custody: Custody, bound: Bound, sealed: string): Promise<void> => {
  const opening = async (): Promise<unknown> => await read(custody, bound, sealed);
  await assert.rejects(opening, (thrown: unknown) => {
    assert.ok(thrown instanceof Fault && thrown.code === 'secret-unreadable', String(thrown));
    return true;
  });
};

test('what is sealed opens for what it is bound to, and no text of it is in the envelope', async () => {
  const { custody, rings } = testCustody();
  const secret = newSecret();
  const sealed = await custody.seal(boundTo(), secret);
  assert.equal(await read(custody, boundTo(), sealed), secret);
  const stored = sealed + JSON.stringify([...rings.rings]);
  for (const encoding of ['utf8', 'hex', 'base64url', 'base64'] as const) {
    const shown = Buffer.from(secret, 'utf8').toString(encoding).slice(0, 20);
    assert.ok(!stored.includes(shown), encoding);
  }
  assert.notEqual(await custody.seal(boundTo(), secret), sealed);
});

test('another tenant, owner, field or origin opens nothing', async () => {
  const { custody } = testCustody();
  const own = boundTo({ tenant: 'acme' });
  const sealed = await custody.seal(own, newSecret());
  await custody.seal(boundTo({ tenant: 'other' }), newSecret());
  const others: Partial<Bound>[] = [
    { tenant: 'other' },
    { tenant: null },
    { owner: 'provider/openai2' },
    { owner: 'guard/openai' },
    { purpose: 'secret' },
    { origins: ['https://api.example.org'] },
    { origins: ['http://api.example.com'] },
    { origins: [] },
    { origins: ['https://api.example.com', 'https://evil.example'] },
  ];
  for (const change of others) await refuses(custody, { ...own, ...change }, sealed);
});

test('the bytes that were opened are zeros afterwards, also when their user throws', async () => {
  const { custody } = testCustody();
  const sealed = await custody.seal(boundTo(), newSecret());
  let kept: Uint8Array = new Uint8Array();
  await custody.open(boundTo(), sealed, (plain) => void (kept = plain));
  assert.ok(kept.length > 20 && kept.every((byte) => byte === 0));
  const broken = new Error('broken');
  const opening = async (): Promise<unknown> =>
    await custody.open(boundTo(), sealed, (plain) => {
      kept = plain;
      throw broken;
    });
  await assert.rejects(opening, broken);
  assert.ok(kept.every((byte) => byte === 0));
});

test('a key of a tenant is unwrapped once an hour, and for many callers at once only once', async () => {
  let unwraps = 0;
  const { custody, time } = testCustody((root) => ({
    ...root,
    unwrap: (wrapped, data) => {
      unwraps += 1;
      return root.unwrap(wrapped, data);
    },
  }));
  const sealed = await custody.seal(boundTo(), newSecret());
  assert.equal(unwraps, 1);
  await Promise.all(Array.from({ length: 50 }, () => read(custody, boundTo(), sealed)));
  assert.equal(unwraps, 1);
  time.ms = 3_100_000;
  const opened = custody.open(boundTo(), sealed, () => true);
  assert.equal(opened, true, 'nobody waits while it is asked for anew');
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(unwraps, 2);
  time.ms += 3_600_001;
  await Promise.all(Array.from({ length: 50 }, () => read(custody, boundTo(), sealed)));
  assert.equal(unwraps, 3);
});

test('a root key that does not answer ends with the hour; a failure is asked about once a second', async () => {
  let isDown = false;
  let asks = 0;
  const { custody, time } = testCustody((root) => ({
    ...root,
    unwrap: (wrapped, data) => {
      asks += 1;
      return isDown
        ? Promise.reject(new Fault('secret-unavailable', 'down'))
        : root.unwrap(wrapped, data);
    },
  }));
  const secret = newSecret();
  const sealed = await custody.seal(boundTo(), secret);
  isDown = true;
  time.ms = 3_500_000;
  assert.equal(await read(custody, boundTo(), sealed), secret);
  await new Promise((resolve) => setImmediate(resolve));
  time.ms = 3_700_000;
  const before = asks;
  for (let n = 0; n < 20; n += 1) {
    const asking = async (): Promise<unknown> => await read(custody, boundTo(), sealed);
    await assert.rejects(asking, { code: 'secret-unavailable' });
  }
  assert.equal(asks, before + 1);
  isDown = false;
  time.ms += 1_001;
  assert.equal(await read(custody, boundTo(), sealed), secret);
});

test('root, tenant and data keys are rotated, and every secret opens in between', async () => {
  const { custody, keys, rings, root, rootKeys } = testCustody();
  const own = boundTo({ tenant: 'acme' });
  const secret = newSecret();
  const sealed = await custody.seal(own, secret);
  const ring = () => {
    const found = rings.rings.get('acme');
    assert.ok(found);
    return found;
  };
  const oldRoot = ring().keys[0]?.root;
  const [first] = rootKeys;
  rootKeys.unshift(Buffer.from(newSecret().slice(3, 35)));
  const newRoot = await root.newest();
  assert.notEqual(newRoot, oldRoot);
  const moved = await keys.rewrapped(ring(), newRoot);
  assert.ok(moved !== null && (await rings.keep(moved)));
  assert.equal(await keys.rewrapped(ring(), newRoot), null);
  rootKeys.splice(rootKeys.indexOf(first ?? Buffer.alloc(0)), 1);
  await rings.keep(await keys.rotated(ring()));
  assert.equal(await read(custody, own, sealed), secret, 'under the key before');
  const rewrapped = await custody.rewrapped(own, sealed);
  assert.ok(rewrapped !== null);
  assert.equal(await read(custody, own, rewrapped), secret);
  assert.equal(parseSealed(rewrapped)?.keyNumber, 2);
  assert.equal(await custody.rewrapped(own, rewrapped), null);
  const resealed = await custody.resealed(own, rewrapped);
  assert.equal(await read(custody, own, resealed), secret);
  assert.equal(parseSealed(resealed)?.version, 2);
});

test('two first secrets of a tenant at once have one key', async () => {
  const { custody, rings } = testCustody();
  const sealed = await Promise.all(
    Array.from({ length: 5 }, () => custody.seal(boundTo({ tenant: 'acme' }), 'a secret of it')),
  );
  assert.equal(rings.rings.get('acme')?.keys.length, 1);
  for (const one of sealed) {
    assert.equal(await read(custody, boundTo({ tenant: 'acme' }), one), 'a secret of it');
  }
});

test('a tenant that is made again under its old name seals with its new key', async () => {
  const { custody, rings, time } = testCustody();
  const own = boundTo({ tenant: 'acme' });
  const old = await custody.seal(own, newSecret());
  rings.rings.delete('acme');
  const secret = newSecret();
  const sealed = await custody.seal(own, secret);
  await refuses(custody, own, old);
  time.ms += 3_700_000;
  assert.equal(await read(custody, own, sealed), secret, 'also when nothing is kept any more');
});

test('a sealed secret prints as nothing and opens for its own origin', async () => {
  const { custody } = testCustody();
  const secret = newSecret();
  const sealed = new SealedSecret(custody, boundTo(), await custody.seal(boundTo(), secret));
  const shown = `${String(sealed)} ${JSON.stringify({ sealed })} ${inspect(sealed, { depth: 9, showHidden: true })}`;
  assert.equal(shown, '[secret] {"sealed":"[secret]"} [secret]');
  assert.equal(await sealed.openFor('https://evil.example', () => 1), null);
  assert.equal(await sealed.openFor('https://api.example.com', String), secret);
});

test('a sealed text is read in one spelling, and only alone in its object', async () => {
  const { custody } = testCustody();
  const sealed = await custody.seal(boundTo(), 'a secret of it');
  assert.equal(sealedOf(sealedJson(sealed)), sealed);
  assert.equal(referredSealed(sealedReference(sealed)), sealed);
  assert.equal(referredSealed(sealed), null);
  for (const value of [
    sealed,
    [sealed],
    { $sealed: sealed, more: 1 },
    { $sealed: 'c1.1.1.a.b' },
    null,
  ]) {
    assert.equal(sealedOf(value), null);
  }
  for (const text of [
    '',
    'c1',
    `${sealed}=`,
    ` ${sealed}`,
    sealed.replace('c1', 'c2'),
    `${sealed}\n`,
  ]) {
    assert.equal(parseSealed(text), null, text);
  }
});
