import assert from 'node:assert/strict';
import { test } from 'node:test';

import { alternativeNames } from './client-certificate.ts';

test('names are read one by one, and one that looks like two is one (CVE-2021-44532)', () => {
  assert.deepEqual(alternativeNames(''), []);
  assert.deepEqual(alternativeNames('URI:spiffe://bank/a, DNS:a.example, IP Address:127.0.0.1'), [
    { kind: 'URI', name: 'spiffe://bank/a' },
    { kind: 'DNS', name: 'a.example' },
    { kind: 'IP Address', name: '127.0.0.1' },
  ]);
  assert.deepEqual(alternativeNames('DNS:"a, URI:spiffe://bank/root", URI:"q\\"x"'), [
    { kind: 'DNS', name: 'a, URI:spiffe://bank/root' },
    { kind: 'URI', name: 'q"x' },
  ]);
});

test('a form that nobody knows makes all of it unknown', () => {
  for (const text of ['URI', 'URI:"open', 'URI:a"b', '1:x', 'URI:a, "', 'URI:"a"b']) {
    assert.deepEqual(alternativeNames(text), [], text);
  }
});
