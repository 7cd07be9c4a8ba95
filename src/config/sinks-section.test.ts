/** What the configuration of sinks takes, and what it says of what it does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { sinksSection, syslogTarget } from './sinks-section.ts';

test('the short form of a syslog sink is whole', () => {
  const entry = {
    name: 'siem',
    type: 'syslog',
    address: 'tls://siem.example.com:6514',
    format: 'cef',
  };
  const [sink] = sinksSection.parse([entry]);
  assert.ok(sink?.type === 'syslog');
  assert.deepEqual(
    [sink.required, sink.personal, sink.from, sink.timeout.ms, sink.allowPrivateAddress],
    [true, true, 'end', 10_000, false],
  );
  assert.deepEqual(syslogTarget(sink.address), {
    transport: 'tls',
    host: 'siem.example.com',
    port: 6_514,
  });
  assert.equal(syslogTarget('tcp://[2001:db8::1]:601')?.host, '2001:db8::1');
});

const syslog = { name: 'a', type: 'syslog', address: 'tls://h:1' };
const elastic = { name: 'a', type: 'elasticsearch', url: 'https://e.example' };
const REFUSED: readonly (readonly [what: string, entry: object, path: string, says: RegExp])[] = [
  ['an unknown type', { name: 'a', type: 'fax' }, 'type', /one of file, syslog/u],
  ['a misspelt key', { ...syslog, fromat: 'cef' }, '', /fromat/u],
  ['an address without a port', { ...syslog, address: 'tls://h' }, 'address', /host:port/u],
  ['a port beyond all ports', { ...syslog, address: 'tls://h:70000' }, 'address', /host:port/u],
  ['an address with a path', { ...syslog, address: 'tls://h:1/x' }, 'address', /host:port/u],
  ['another way', { ...syslog, address: 'http://h:1' }, 'address', /tls:\/\/host:port/u],
  ['tcp on the internet', { ...syslog, address: 'tcp://h:1' }, 'allowPrivateAddress', /tls/u],
  ['a certificate without its key', { ...syslog, cert: 'c.pem' }, 'key', /both cert and key/u],
  ['an unknown format', { ...syslog, format: 'xml' }, 'format', /json, cef, leef, ocsf, ecs/u],
  ['lines where documents are', { ...elastic, format: 'cef' }, 'format', /ecs, json or ocsf/u],
  ['plain http', { ...elastic, url: 'http://e' }, 'allowPrivateAddress', /https/u],
  ['a secret in the URL', { ...elastic, url: 'https://u:p@e' }, 'url', /secrets have fields/u],
  [
    'two credentials',
    { ...elastic, apiKey: 'a'.repeat(20), username: 'u', password: 'b'.repeat(20) },
    'apiKey',
    /apiKey, or username and password/u,
  ],
  ['a user without a password', { ...elastic, username: 'u' }, 'apiKey', /username and password/u],
  [
    'a table that is a statement',
    { name: 'a', type: 'postgres', url: 'postgres://h/d', table: 'x; drop table y' },
    'table',
    /lower-case letters/u,
  ],
  [
    'a prefix that climbs',
    {
      name: 'a',
      type: 's3',
      url: 'https://s3.example',
      bucket: 'bucket',
      region: 'r',
      accessKeyId: 'key',
      secretAccessKey: 'c'.repeat(20),
      prefix: 'a b/',
    },
    'prefix',
    /folders/u,
  ],
  [
    'a weak signature',
    { name: 'a', type: 'webhook', url: 'https://h', secret: 'x' },
    'secret',
    /whsec_/u,
  ],
];

for (const [what, entry, path, says] of REFUSED) {
  test(`${what} is refused where it stands, with what to write`, () => {
    const { success, error } = sinksSection.safeParse([entry]);
    assert.equal(success, false);
    const issues = error?.issues.map((issue) => ({
      at: issue.path.slice(1).join('.'),
      message: issue.message,
    }));
    assert.ok(
      issues?.some(({ at, message }) => at === path && says.test(message)),
      JSON.stringify(issues),
    );
  });
}

test('two sinks of one name would share a cursor', () => {
  const { error } = sinksSection.safeParse([syslog, syslog]);
  assert.match(error?.issues[0]?.message ?? '', /cursor of its own/u);
});
