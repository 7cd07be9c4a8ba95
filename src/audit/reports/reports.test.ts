/** Reports as files: nothing in a cell becomes markup, a formula, or another cell. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { diffWords } from './diff-words.ts';
import { reportCsv } from './report-csv.ts';
import { reportHtml } from './report-html.ts';
import type { Report } from './report.ts';

const reportOf = (cell: string): Report => ({
  name: 'denied',
  title: cell,
  about: cell,
  from: cell,
  to: null,
  tenant: cell,
  madeAt: '2026-11-27T09:00:00.000Z',
  tables: [
    {
      title: cell,
      columns: [cell, 'n'],
      rows: [
        [cell, 7],
        [null, 8],
      ],
      isCut: true,
    },
  ],
});

const HOSTILE = `<script>alert(1)</script><img src=x onerror="y" '`;

test('whatever stands in a cell, the page has the tags of an empty one and no other', () => {
  const tagsOf = (html: string) => [...html.matchAll(/<[^>]*>/gu)].map(([tag]) => tag);
  const plain = tagsOf(reportHtml(reportOf('x')));
  assert.ok(plain.length > 30);
  assert.ok(!plain.some((tag) => /script|\ssrc=|\shref=|\son\w+=/u.test(tag)));
  assert.deepEqual(tagsOf(reportHtml(reportOf(HOSTILE))), plain);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (cell) => {
      const html = reportHtml(reportOf(cell));
      assert.deepEqual(tagsOf(html), plain);
      assert.doesNotMatch(html.replaceAll('\n', ''), /[\p{Cc}\u202e\u2028]/u);
    }),
  );
});

test('nothing is fetched and nothing runs, also where something was missed', () => {
  const html = reportHtml(reportOf('x'));
  assert.match(html, /http-equiv="Content-Security-Policy" content="default-src 'none'/u);
  assert.match(html, /There is more: the bound of this report was reached/u);
});

/** As RFC 4180 reads it. */
function cellsOf(csv: string): string[][] {
  const rows: string[][] = [[]];
  const cell = /(?:"(?<quoted>(?:[^"]|"")*)"|(?<plain>[^",\r\n]*))(?<end>,|\r\n|$)/uy;
  while (cell.lastIndex < csv.length) {
    const found = cell.exec(csv);
    assert.ok(found?.groups !== undefined, 'it is CSV');
    const { quoted, plain = '', end } = found.groups;
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === '\r\n') rows.push([]);
  }
  return rows;
}

test('a cell of CSV is one cell, and no spreadsheet takes it for a formula', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (cell) => {
      const [, head, row] = cellsOf(reportCsv(reportOf(cell)));
      assert.equal(head?.length, 2);
      assert.equal(row?.length, 2);
      assert.ok(row[0] === cell || row[0] === `'${cell}`);
      assert.equal(row[1], '7');
    }),
  );
  for (const formula of ['=1+1', '+1', '-1', '@SUM(A1)', ' =1', '\t=1']) {
    const [, , row] = cellsOf(reportCsv(reportOf(formula)));
    assert.equal(row?.[0], `'${formula}`);
  }
});

test('a change is told in words: fields, paths, what has no more to tell', () => {
  assert.equal(diffWords(null), '');
  assert.equal(
    diffWords({ roles: { before: [], after: ['developer'] }, name: 'changed' }),
    'roles from [] to ["developer"]; name changed',
  );
  assert.equal(
    diffWords([
      { path: 'limits.a', kind: 'added', to: 5 },
      { path: 'guards', kind: 'removed', from: 'x' },
      { path: 'b', kind: 'changed', from: 1, to: 2 },
    ]),
    'limits.a added: 5; guards removed: x; b from 1 to 2',
  );
  assert.equal(diffWords({ basis: 'gdpr-17', records: 2 }), 'basis: gdpr-17; records: 2');
  assert.ok(diffWords({ long: 'x'.repeat(100_000) }).length < 1_000);
});
