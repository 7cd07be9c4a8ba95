import assert from 'node:assert/strict';
import { test } from 'node:test';

import { renderers } from './renderers/registry.ts';
import { sampleEvent, samples } from './samples.contract.ts';
import { octetCounted, syslogMessage } from './syslog-message.ts';

const settings = { host: 'gw-1.example.com', render: renderers.cef, messageBytesMax: 8_192 };

test('a message has the header of RFC 5424 with facility 13 and the severity of what happened', () => {
  const head = (text: string): string => text.slice(0, text.indexOf('CEF:0'));
  assert.equal(
    head(syslogMessage(samples.complete, settings).toString()),
    '<110>1 2026-11-27T08:00:00.002Z gw-1.example.com llmproxy main complete [meta sequenceId="2"][origin software="llmproxy"] ',
  );
  assert.match(syslogMessage(samples.blocked, settings).toString(), /^<107>1 /u);
  assert.match(syslogMessage(samples.stranger, settings).toString(), /^<109>1 /u);
});

test('numbers beyond 2^31 start over at 1, as the RFC has it', () => {
  const event = sampleEvent(2_147_483_648, { kind: 'system' });
  assert.match(syslogMessage(event, settings).toString(), /sequenceId="1"/u);
});

test('a long record keeps its key and hash, its limit, and whole characters', () => {
  const guards = Array.from({ length: 900 }, () => ({
    name: 'ü'.repeat(60),
    mode: 'enforce',
    action: 'block',
  }));
  const event = sampleEvent(9, { kind: 'deny', reason: '漢'.repeat(5_000), guards });
  for (const render of Object.values(renderers)) {
    const message = syslogMessage(event, { ...settings, render });
    assert.ok(message.length <= 8_192, `${message.length}`);
    const text = message.toString('utf8');
    assert.ok(!text.includes('\ufffd') && text.includes(event.hash));
    const [count = ''] = octetCounted(message).toString('utf8').split(' ', 1);
    assert.equal(Number(count), message.length);
  }
});
