import assert from 'node:assert/strict';
import { test } from 'node:test';

import { filterCut, filterWhole, guardContract, ruleOf } from './guard.contract.ts';
import { linksGuard } from './links.ts';
import { cpuMs, paced } from '../../../tests/support/pace.ts';

const guard = linksGuard.create(
  linksGuard.config.parse({ allow: ['docs.example.com', '*.acme.example'] }),
);
const masked = (text: string): Promise<string> => filterWhole([ruleOf(guard)], text);

guardContract(guard, {
  found: 'see https://evil.example/?q=secret now',
  nearMiss: 'https://docs.example.com/a http: //x ww. w //todo a/b ',
  pieces: [
    'https://evil.example/',
    'https://docs.example.com/a?b',
    '![x](',
    ')',
    'http',
    's:',
    'https&#58;',
    '////////',
    '!.evil.example',
    '\\:',
    "'@evil.example",
    ']: ',
    '\n',
    '//',
    'www.',
    'w',
    ' ',
    'a.acme.example',
    '@',
    ':8443',
    '.',
    'x',
  ],
});

test('hosts that are named, and those below a star, are let pass', async () => {
  for (const text of [
    'https://docs.example.com/page?x=1#y',
    'HTTPS://DOCS.EXAMPLE.COM/',
    'http://a.acme.example:8443/x',
    'no address at all, 3 // 4 and a/b',
    'let a = 1; //evil.example is not fetched from a comment',
  ]) {
    assert.equal(await masked(text), text);
  }
});

test('an image is told from a link, and the whole of the address goes', async () => {
  assert.equal(
    await masked('![chart](https://evil.example/a.png?d=c2VjcmV0) and more'),
    '![chart]([redacted:foreign-image]) and more',
  );
  assert.equal(
    await masked('<img src="//evil.example/x">'),
    '<img src="[redacted:foreign-image]">',
  );
  assert.equal(await masked('(www.evil.example/a)'), '([redacted:foreign-link])');
});

test('tricks with the host do not make it another', async () => {
  for (const address of [
    'https://docs.example.com@evil.example/',
    'https://docs.example.com.evil.example/',
    'https://evil.example#docs.example.com',
    'https://evil.example?docs.example.com',
    'https://acme.example.evil.example/',
    'https://notacme.example/',
    'ftp://evil.example/x',
    `https://${'a'.repeat(300)}/`,
    'https:/evil.example/',
    String.raw`https:\\evil.example/`,
    'https:evil.example/x',
    "https://docs.example.com'@evil.example/?d=S",
    'https://docs.example.com"@evil.example/',
    'https://docs.example.com|@evil.example/',
    'https://docs.example.com)@evil.example/',
    String.raw`https\://evil.example/`,
    'https&#58;//evil.example/',
    'https://docs.example.com!.evil.example/',
    "https://docs.example.com'.evil.example/",
    'https://docs.example.com).evil.example/',
    `https://docs.example.com${"'".repeat(1_100)}@evil.example/`,
    `https:${'/'.repeat(40)}evil.example/`,
    `https://${'\n'.repeat(40)}evil.example/`,
    'https&colon;//evil.example/',
    'https&#x3A;//evil.example/',
  ]) {
    assert.match(await masked(`see ${address} now`), /^see \[redacted:foreign-link\]/u, address);
  }
});

test('slashes alone lead somewhere in markup, and a line end after a scheme is none', async () => {
  assert.match(await masked('[a]: //evil.example/x'), /^\[a\]: \[redacted:foreign-link\]/u);
  assert.match(await masked(String.raw`![x](\//evil.example/y)`), /\[redacted:foreign-image\]/u);
  assert.match(await masked('<img src="https://\nevil.example/z">'), /\[redacted:foreign-image\]/u);
  assert.equal(
    await masked('see "https://docs.example.com", or (https://docs.example.com).'),
    'see "https://docs.example.com", or (https://docs.example.com).',
  );
});

test('a megabyte of slashes is read in linear time, and nothing is held back for it', async () => {
  const slashes = `see https:${'/'.repeat(200_000)}evil.example/ end`;
  const cuts = Array.from({ length: 2_000 }, (_, index) => index * 100);
  const limitMs = paced(2_000);
  const startMs = cpuMs();
  const whole = await masked(slashes);
  assert.equal(whole, 'see [redacted:foreign-link] end');
  assert.equal(await filterCut([ruleOf(guard)], slashes, cuts), whole);
  assert.ok(cpuMs() - startMs < limitMs);
});

test('an address of a megabyte is masked to its end, and held back no further than its host', async () => {
  const long = `https://evil.example/${'x'.repeat(1_000_000)} end`;
  assert.equal(
    await filterCut([ruleOf(guard)], long, [10, 40, 500_000]),
    '[redacted:foreign-link] end',
  );
});
