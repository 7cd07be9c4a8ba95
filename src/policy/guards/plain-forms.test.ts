import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { filterCut, filterWhole, ruleOf } from './guard.contract.ts';
import { piiGuard } from './pii/pii.ts';
import { plainForms } from './plain-forms.ts';
import { secretsGuard } from './secrets.ts';

const pii = ruleOf(piiGuard.create(piiGuard.config.parse({})));
const secrets = ruleOf(secretsGuard.create({ allow: [] }));
const KEY = ['sk', 'ant', 'a1B2c3D4e5F6g7H8i9J0k1L2'].join('-');

const wide = (text: string): string =>
  text.replaceAll(/[!-~]/gu, (sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0));
const digitsOf = (zero: number, text: string): string =>
  text.replaceAll(/\d/gu, (digit) => String.fromCharCode(zero + Number(digit)));

describe('values in other forms of their characters', () => {
  for (const [what, rule, value, category] of [
    ['a card with no-break blanks', pii, '4111\u00a01111\u00a01111\u00a01111', 'card'],
    ['a card with thin blanks', pii, '4111\u20091111\u20091111\u20091111', 'card'],
    ['a card with no-break hyphens', pii, '4111\u20111111\u20111111\u20111111', 'card'],
    ['a card in wide digits', pii, wide('4111111111111111'), 'card'],
    ['a card in Arabic digits', pii, digitsOf(0x660, '4111111111111111'), 'card'],
    [
      'an IBAN with no-break blanks',
      pii,
      'DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000',
      'iban',
    ],
    ['a social security number', pii, '219\u201109\u20119999', 'ssn'],
    ['an address with a wide sign', pii, 'maria\uff20example.com', 'email'],
    ['a key in wide letters', secrets, wide(KEY), 'anthropic-key'],
    ['a key with no-break hyphens', secrets, KEY.replaceAll('-', '\u2011'), 'anthropic-key'],
  ] as const) {
    test(`${what} is found, whole and in a stream`, async () => {
      const text = `Ärger: ${value} — ende`;
      const expected = `Ärger: [redacted:${category}] — ende`;
      assert.equal(await filterWhole([rule], text), expected);
      assert.equal(await filterCut([rule], text, [3, 9, 14, 20]), expected);
    });
  }
});

test('keeps every offset, and what has no plain form as it is', () => {
  for (const text of [
    'plain',
    'Ärger 😀 \u2013 x',
    wide('a1 ~'),
    `${'x\u00a0'.repeat(20_000)}😀`,
  ]) {
    const plain = plainForms(text);
    assert.equal(plain.length, text.length);
    assert.ok(!/[\u00a0\uff01-\uff5e]/u.test(plain));
  }
  assert.equal(plainForms('Ärger 😀 \u2013 x'), 'Ärger 😀 \u2013 x');
  assert.equal(plainForms(`\u0967\u096f ${wide('[~]')}`), '19 [~]');
});
