/** SSRF-03: a base URL that two parsers could read differently is refused when it is configured. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkConfig } from '#config/load.ts';

const yaml = (baseUrl: string): string => `
version: 1
providers: { x: { type: openai, baseUrl: ${JSON.stringify(baseUrl)} } }
guards: []
`;

const BAD = [
  'https://api.example.com#',
  'https://api.example.com/#/v1',
  'https://api.example.com?x=1',
  'https://user:pass@api.example.com',
  'https://api.example.com@evil.example',
  'https://api.example.com\\@evil.example',
  'https:\\\\api.example.com',
  'https:/api.example.com',
  'https://api.example.com/../v1',
  'https://api.example.com/v1/%2e%2e',
  'http://api.example.com',
  'ftp://api.example.com',
  'javascript:alert(1)',
  'file:///etc/passwd',
  'https://',
  'https://api.example.com\n.evil.example',
  'https://api.example.com\t',
  ' https://api.example.com',
  'https://ex ample.com',
  'https://0x7f.1/v1',
  'https://exämple.com',
  '//api.example.com',
  'api.example.com',
];

test('SSRF-03: metacharacters, credentials, fragments and other schemes are refused', async () => {
  for (const url of BAD) {
    const loaded = await checkConfig(yaml(url), '/x/llmproxy.yaml', {});
    assert.equal(loaded.ok, false, url);
  }
  const good = await checkConfig(yaml('https://api.example.com/v1'), '/x/llmproxy.yaml', {});
  assert.equal(good.ok, true);
});
