/** Values of claims in the form of a binding: what is shown reads as what it was. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { claimsText, readClaims } from '../web/src/pages/bound-claims.ts';

test('claims are written and read as people would', () => {
  const claims = { department: ['risk', 'audit'], iss: ['https://idp.example.com/'] };
  const text = 'department: risk | audit\niss: https://idp.example.com/';
  assert.equal(claimsText(claims), text);
  assert.deepEqual(readClaims(`\n  department :  risk|audit \n\niss: https://idp.example.com/\n`), {
    claims,
  });
  assert.deepEqual(readClaims('https://example.com/roles: a b | c'), {
    claims: { 'https://example.com/roles': ['a b', 'c'] },
  });
  assert.deepEqual(readClaims(''), { claims: {} });
});

test('a line that is none is said, by its number', () => {
  const wrong = ['department', 'department:', ': risk', 'a: x |', 'a: [1]', 'a: ["x"', '"a: x'];
  for (const line of wrong) assert.deepEqual(readClaims(`ok: yes\n${line}`), { line: 2 }, line);
  assert.deepEqual(readClaims('a: x\nb: y\na: z'), { line: 3 }, 'one claim twice');
});

test('whatever an issuer calls its claims, a form that is saved as it was changes nothing', () => {
  const odd = fc.constantFrom(
    ':',
    ' ',
    ': ',
    '|',
    '"',
    '[',
    ']',
    '\\',
    '\n',
    '\r',
    '\u2028',
    '__proto__',
    'a',
    'ü',
    '0',
  );
  const text = fc.array(odd, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
  const values = fc.array(text, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(fc.tuple(text, values), { maxLength: 4 }), (entries) => {
      const claims = Object.fromEntries(entries);
      const read = readClaims(claimsText(claims));
      assert.deepEqual(
        'claims' in read ? Object.entries(read.claims) : read,
        Object.entries(claims),
      );
    }),
    { numRuns: 5_000 },
  );
});
