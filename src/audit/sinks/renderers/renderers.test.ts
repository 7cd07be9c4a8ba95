/** What each format makes of each kind of record, byte for byte. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { isJsonObject, parseJson } from '#stdx/json.ts';

import { shortened, testEvent, withoutPersons } from '../event.ts';
import { samples } from '../samples.contract.ts';
import { renderers, sinkFormats } from './registry.ts';

const GOLDEN = join(import.meta.dirname, 'golden');

for (const format of sinkFormats) {
  test(`${format}: golden lines, one for each kind of record`, () => {
    const lines = Object.values(samples).map((event) => renderers[format](event));
    const path = join(GOLDEN, `${format}.txt`);
    // To accept a change on purpose: LLMPROXY_GOLDEN=write, then read the difference.
    if (process.env['LLMPROXY_GOLDEN'] === 'write') writeFileSync(path, `${lines.join('\n')}\n`);
    assert.equal(`${lines.join('\n')}\n`, readFileSync(path, 'utf8'));
  });

  test(`${format}: key and both hashes are in each line; without persons nothing of them is`, () => {
    for (const event of Object.values(samples)) {
      const line = renderers[format](event);
      const { writer, seq, prev } = event.record;
      for (const part of [event.hash, prev, writer, String(seq)]) {
        assert.ok(line.includes(part), `${part} in ${line}`);
      }
      const bare = renderers[format](withoutPersons(event));
      assert.ok(bare.includes(event.hash));
      for (const person of ['alice@example.com', 'end-user-7', '192.0.2.7', '"digest"']) {
        assert.ok(!bare.includes(person), `${person} in ${bare}`);
      }
    }
    const marked = renderers[format](testEvent('siem', 1_764_230_400_000));
    assert.match(marked, /sink_test/u);
  });

  test(`${format}: a record that was shortened still has its key and its hash`, () => {
    const { complete } = samples;
    const long = { ...complete, record: { ...complete.record, endUser: 'x'.repeat(60_000) } };
    const line = renderers[format](shortened(long));
    assert.ok(line.length < 6_000, `${line.length}`);
    assert.ok(line.includes(complete.hash));
  });
}

test('OCSF: classes, types and required attributes of 1.9.0', () => {
  const classes = Object.entries(samples).map(([name, event]) => {
    const value = parseJson(renderers.ocsf(event));
    assert.ok(isJsonObject(value));
    const { class_uid: uid, activity_id: activity, type_uid: type, metadata } = value;
    assert.equal(Number(type), Number(uid) * 100 + Number(activity));
    assert.equal(Math.floor(Number(uid) / 1_000), value['category_uid']);
    assert.ok(isJsonObject(metadata) && metadata['version'] === '1.9.0');
    const needs: Readonly<Record<number, readonly string[]>> = {
      6003: ['actor', 'api', 'src_endpoint'],
      2004: ['finding_info', 'evidences'],
      3002: ['user', 'service'],
      0: [],
    };
    for (const attribute of needs[Number(uid)] ?? ['no such class']) {
      assert.ok(value[attribute] !== undefined, `${name} lacks ${attribute}`);
    }
    return [name, uid];
  });
  assert.deepEqual(Object.fromEntries(classes), {
    admit: 6003,
    complete: 6003,
    blocked: 2004,
    stranger: 3002,
    change: 6003,
    system: 0,
  });
});
