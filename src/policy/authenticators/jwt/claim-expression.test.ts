import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { JsonObject } from '#stdx/json.ts';

import { compileClaimExpression } from './claim-expression.ts';

const CLAIMS: JsonObject = {
  sub: 'ann',
  email: 'ann@Example.com',
  'https://x.example/org': 'acme',
  groups: ['llm-analyst', 'staff', 'llm-admin'],
  mixed: ['a', 1],
  deep: { a: { b: 'c' } },
  n: 7,
};

function read(text: string, claims = CLAIMS): unknown {
  const compiled = compileClaimExpression(text);
  assert.ok(compiled.ok, `${text}: ${compiled.ok ? '' : compiled.error}`);
  return compiled.value(claims);
}

test('claims are worked out: parts of texts, one of two, lists that are sifted', () => {
  assert.equal(read('claims.email.split("@")[1].lowerAscii()'), 'example.com');
  assert.equal(read('claims["https://x.example/org"]'), 'acme');
  assert.equal(read('has(claims.org) ? claims.org : "none"'), 'none');
  assert.equal(read('"t-" + claims.sub'), 't-ann');
  assert.equal(read('claims.deep.a.b'), 'c');
  assert.deepEqual(read('claims.groups.filter(g, g.startsWith("llm-")).map(g, g.substring(4))'), [
    'analyst',
    'admin',
  ]);
  assert.deepEqual(read('claims.groups.exists(g, g == "staff") ? ["staff"] : []'), ['staff']);
});

test('what cannot be worked out, and what is no text, is nobody’s name', () => {
  const texts = ['claims.nothing', 'claims.n', 'claims.deep', 'claims.mixed', 'claims.sub[0]'];
  const more = ['claims.email.split("@")[7]', 'claims.groups.size() > 1 ? claims.n : claims.n'];
  const inherited = [
    'claims.constructor',
    'claims.__proto__',
    'claims["toString"]',
    'claims.sub.length',
  ];
  for (const text of [...texts, ...more, ...inherited]) assert.equal(read(text), false, text);
});

test('what is not named here is refused when it is written, and nothing of it is quoted', () => {
  const secret = 'hunter2';
  const texts = [
    'claims.sub.matches("(a+)+")',
    'cel.bind(x, claims.sub, x)',
    'principal.tenant',
    'claims.groups.map(a, claims.groups.map(b, a + b))',
    'claims.groups.filter(a, claims.groups.exists(b, a == b))',
    'timestamp(claims.sub)',
    '{"a": claims.sub}',
    'claims.?sub',
    'int(claims.n)',
    'claims.n > 3',
    'claims.sub ==',
    `claims.${secret}.nothing(`,
    `"${'x'.repeat(10)}" + ${Array.from({ length: 80 }, () => 'claims.sub').join(' + ')}`,
    '',
  ];
  for (const text of texts) {
    const compiled = compileClaimExpression(text);
    assert.ok(!compiled.ok, text);
    assert.ok(!compiled.error.includes(secret));
  }
});

test('the dearest expression over the largest token takes milliseconds', () => {
  const groups = Array.from({ length: 2_000 }, (_, index) => `g${index}`);
  const text =
    'claims.groups.filter(g, claims.big.contains(g) || claims.big.lastIndexOf(g) > 3).map(g, g + claims.big)';
  const compiled = compileClaimExpression(text);
  assert.ok(compiled.ok);
  const startMs = performance.now();
  compiled.value({ groups, big: 'x'.repeat(4_000) });
  assert.ok(performance.now() - startMs < 1_000);
});
