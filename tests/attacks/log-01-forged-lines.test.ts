/**
 * LOG-01: what a caller writes cannot end a line, begin a record or a field, or move a terminal. A
 * thousand payloads go into every field that somebody outside chooses, through every format, as syslog
 * frames and as lines of a file; readers that are written from the formats' own rules get the payload
 * back as one value, and no field that was not ours.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import type { AuditDraft } from '#audit/record.ts';
import { FileSink } from '#audit/sinks/file-sink.ts';
import { renderers, type SinkFormat, sinkFormats } from '#audit/sinks/renderers/registry.ts';
import { sampleEvent } from '#audit/sinks/samples.contract.ts';
import { octetCounted, syslogMessage } from '#audit/sinks/syslog-message.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';

const PAYLOADS = 1_000;
const PIECES = [
  '\n',
  '\r\n',
  '\r',
  '\u0085',
  '\u2028',
  '\u2029',
  '\0',
  '\t',
  '\u001b[2J',
  '\u001b]0;title\u0007',
  '\u009b31m',
  '\u202e',
  '\u2066',
  '\u200f',
  '\u200b',
  '\ufeff',
  '\u{e0041}',
  '\ud800',
  '|',
  '\\|',
  '=',
  '\\=',
  ' act=allow ',
  ' suser=root',
  '^usrName=root^',
  '\\',
  '"',
  '","decision":"allow',
  '}',
  ']',
  '<14>1 2026-11-27T08:00:00Z host app - - - forged',
  '\nCEF:0|LLMProxy|LLMProxy|1|admit|call admit|2|suser=root',
  '\nLEEF:2.0|LLMProxy|LLMProxy|1|admit|^|usrName=root',
  '{"index":{"_id":"1"}}',
  '100 <14>1 ',
  'ordinary text',
  'ünïcödé 漢字 🦊',
];

/** Always the same: a failure can be looked at. */
function* payloads(): Iterable<string> {
  let state = 20_261_127;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  yield* PIECES;
  for (let made = PIECES.length; made < PAYLOADS; made += 1) {
    const parts = Array.from({ length: 1 + below(6) }, () => PIECES[below(PIECES.length)] ?? '');
    yield parts.join(below(2) === 0 ? '' : 'x');
  }
}

/** Every field that somebody outside can have a word in. */
const forged = (payload: string): AuditDraft => ({
  kind: 'deny',
  requestId: payload,
  tenant: payload,
  user: payload,
  endUser: payload,
  key: payload,
  ip: payload,
  model: payload,
  reason: payload,
  action: payload,
  resource: payload,
  decision: 'deny',
  guards: [{ name: payload, mode: 'enforce', action: 'block', category: payload }],
});

const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** Splits where the mark stands without a backslash before it. */
function unescapedSplit(text: string, mark: string): string[] {
  const parts = [''];
  for (let at = 0; at < text.length; at += 1) {
    const one = text[at] ?? '';
    if (one === '\\') {
      parts[parts.length - 1] += one + (text[at + 1] ?? '');
      at += 1;
    } else if (one === mark) parts.push('');
    else parts[parts.length - 1] += one;
  }
  return parts;
}

const CEF_KEY = /(?:^| )(?<key>[A-Za-z0-9_]+)$/u;

/** The keys of a CEF line by its own rules: an unescaped equals sign ends a key. */
function cefKeys(line: string): readonly string[] {
  const header = unescapedSplit(line, '|');
  assert.ok(header.length >= 8, line);
  const extension = header.slice(7).join('|');
  const cut = unescapedSplit(extension, '=');
  return cut.slice(0, -1).map((part) => CEF_KEY.exec(part)?.groups?.['key'] ?? `none in ${part}`);
}

function leefKeys(line: string): readonly string[] {
  const [version, , , , , mark = '', ...rest] = line.split('|');
  assert.deepEqual([version, mark, rest.length], ['LEEF:2.0', '^', 1], line);
  return (rest[0] ?? '').split(mark).map((pair) => pair.slice(0, pair.indexOf('=')));
}

const jsonKeys = (line: string): readonly string[] => {
  const value = parseJson(line);
  assert.ok(isJsonObject(value), line);
  return Object.keys(value);
};

const keysOf: Readonly<Record<SinkFormat, (line: string) => readonly string[]>> = {
  json: jsonKeys,
  ocsf: jsonKeys,
  ecs: jsonKeys,
  cef: cefKeys,
  leef: leefKeys,
};

for (const format of sinkFormats) {
  test(`LOG-01: ${format}: no payload out of 1,000 forges a line or a field`, () => {
    const render = renderers[format];
    const honest = keysOf[format](render(sampleEvent(1, forged('word'))));
    assert.ok(honest.length > 8);
    let checked = 0;
    for (const payload of payloads()) {
      const line = render(sampleEvent(1, forged(payload)));
      assert.doesNotMatch(line, HIDDEN, JSON.stringify(payload));
      assert.deepEqual(keysOf[format](line), honest, JSON.stringify(payload));
      checked += 1;
    }
    assert.equal(checked, PAYLOADS);
  });

  test(`LOG-01: ${format}: as syslog, each record is one frame with one header of ours`, () => {
    const settings = { host: 'ho st\n', render: renderers[format], messageBytesMax: 8_192 };
    let frames = 0;
    for (const payload of payloads()) {
      const framed = octetCounted(syslogMessage(sampleEvent(1, forged(payload)), settings));
      const text = framed.toString('utf8');
      const [count = ''] = text.split(' ', 1);
      assert.equal(framed.length, count.length + 1 + Number(count));
      assert.doesNotMatch(text, HIDDEN);
      assert.match(
        text.slice(count.length + 1),
        /^<10[0-9]{1}>1 2026-11-27T08:00:00\.001Z ho_st\S* llmproxy main deny \[meta sequenceId="1"\]\[origin software="llmproxy"\] [{CL]/u,
      );
      frames += 1;
    }
    assert.equal(frames, PAYLOADS);
  });
}

test('LOG-01: JSON gives every payload back as it was', () => {
  for (const payload of payloads()) {
    const value = parseJson(renderers.json(sampleEvent(1, forged(payload))));
    assert.ok(isJsonObject(value));
    assert.equal(value['endUser'], payload);
    assert.equal(value['decision'], 'deny');
  }
});

test('LOG-01: a file has as many lines as records', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'llmproxy-log-01-'));
  try {
    const path = join(folder, 'audit.log');
    const settings = { path, fileBytesMax: 2 ** 30, filesMax: 2, render: renderers.cef };
    const sink = new FileSink(settings);
    const events = [...payloads()].map((payload, at) => sampleEvent(at + 1, forged(payload)));
    await sink.send({ kind: 'records', events });
    await sink.close();
    const lines = readFileSync(path, 'utf8').split('\n');
    assert.equal(lines.length, PAYLOADS + 1);
    assert.ok(lines.slice(0, -1).every((line) => line.startsWith('CEF:0|LLMProxy|')));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
