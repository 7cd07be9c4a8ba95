/** docs/operations: its arithmetic is right, what it names is there, and its commands are commands. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { processContext, programOf } from '#cli/program.ts';

import { ROOT } from '../../scripts/package/bundle.ts';

const DIR = join(ROOT, 'docs', 'operations');
const page = (name: string): string => readFileSync(join(DIR, name), 'utf8');
const pages = globSync('*.md', { cwd: DIR }).map((name) => [name, page(name)] as const);

/** The number in a row of a table, by how the row begins. */
function planned(row: RegExp): number {
  const found = row.exec(page('sizing.md'))?.groups?.['number'];
  assert.ok(found !== undefined, String(row));
  return Number(found.replaceAll(',', ''));
}

test('the table of gateways is what the numbers above it come to', () => {
  const cpuUs = planned(/^\| CPU a call \| (?<number>\d+) µs/mu);
  const share = planned(/^\| share of a core that is used \| (?<number>[\d.]+)/mu);
  const atOnce = planned(/^\| calls at once a gateway \| (?<number>\d+)/mu);
  const pairs = planned(/^\| calls a second a Valkey \| (?<number>[\d,]+)/mu);
  const bytes = planned(/^\| audit log \| (?<number>[\d,]+) bytes/mu);
  const seconds = planned(/^Models take seconds.* calls of (?<number>\d+) s:/mu);
  const rows = [...page('sizing.md').matchAll(/^\| (?<cells>[\d,]+ \| [\d,]+ \| .* GB) \|$/gmu)];
  assert.equal(rows.length, 5);
  for (const { groups } of rows) {
    const cells = (groups?.['cells'] ?? '').split(' | ');
    const [rate = 0, running, byCpu, few, many, valkeys, gb] = cells.map((cell) =>
      Number(cell.replace(' GB', '').replaceAll(',', '')),
    );
    assert.equal(running, rate * seconds);
    assert.equal(byCpu, Math.ceil((rate * cpuUs) / 1e6 / share));
    assert.equal(few, Math.ceil((rate * seconds) / atOnce));
    assert.equal(many, Math.ceil((rate * seconds) / 2_000));
    assert.equal(valkeys, Math.ceil(rate / pairs));
    assert.equal(gb, Math.round((rate * bytes * 86_400) / 1e8) / 10);
  }
});

test('the numbers of the cells are right too', () => {
  const text = page('sizing.md');
  const links = planned(/^\| connections to PostgreSQL a gateway \| (?<number>\d+)/mu);
  assert.ok(text.includes(`100 gateways are ${(100 * links).toLocaleString('en')} connections`));
  assert.ok(text.includes(`about 30 gateways (${30 * links} connections)`));
  assert.ok(3 * 34 * 2_000 >= 20_000 * 10);
  assert.ok(text.includes(`${34 * links} connections to each PostgreSQL`));
  assert.ok(
    text.includes(`${Math.round(20_000 / 3).toLocaleString('en')} calls a second at each Valkey`),
  );
});

test('what the pages cite of the benchmarks stands there', () => {
  const bench = readFileSync(join(ROOT, 'bench', 'README.md'), 'utf8');
  const cited = [
    '78 µs to 14',
    '76 µs to 14',
    '166 ',
    '39.7 kB',
    '43.2 µs',
    '7,508',
    '20,382',
    '319',
    '285',
    '8,190',
    '16,775',
  ];
  for (const figure of cited) assert.ok(bench.includes(figure), figure);
});

test('every file, script and command that a page names is there', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Record<string, string>;
  };
  const commands = new Map(
    programOf(processContext()).commands.map((one) => [
      one.name(),
      one.commands.map((child) => child.name()),
    ]),
  );
  let count = 0;
  for (const [name, text] of pages) {
    for (const [file = ''] of text.matchAll(
      /(?<![\w/])(?:deploy|tests|src|scripts|bench)\/[\w./-]+\w/gu,
    )) {
      assert.ok(existsSync(join(ROOT, file)), `${name}: ${file}`);
      count += 1;
    }
    for (const { groups } of text.matchAll(/npm run (?<script>[\w:-]+)/gu))
      assert.ok((groups?.['script'] ?? '') in scripts, `${name}: ${groups?.['script']}`);
    for (const { groups } of text.matchAll(
      /(?:^|`|&& )llmproxy (?<command>[a-z-]+)(?: (?<child>[a-z-]+))?/gmu,
    )) {
      const { command = '', child } = groups ?? {};
      const children = commands.get(command);
      assert.ok(children !== undefined, `${name}: llmproxy ${command}`);
      if (children.length > 0)
        assert.ok(children.includes(child ?? ''), `${name}: ${command} ${child}`);
      count += 1;
    }
  }
  assert.ok(count > 30);
});

test('the keys for Kubernetes are made by the lines that the page says', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-keys-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const block =
    /```sh\n(?<text>printf [^]*?)```/u.exec(page('kubernetes.md'))?.groups?.['text'] ?? '';
  const asked = /--from-file=(?<first>\S+) --from-file=(?<second>\S+)/u.exec(block)?.groups ?? {};
  const lines = block.split('\n').filter((line) => !line.startsWith('kubectl'));
  const ran = spawnSync(
    '/bin/sh',
    [
      '-euc',
      lines
        .join('\n')
        .replaceAll('llmproxy keys', `${ROOT}/bin/llmproxy keys`)
        .replaceAll('llmproxy secrets', `${ROOT}/bin/llmproxy secrets`),
    ],
    { cwd: dir, encoding: 'utf8' },
  );
  assert.equal(ran.status, 0, ran.stderr);
  for (const file of [asked['first'], asked['second']])
    assert.equal(statSync(join(dir, file ?? '')).mode & 0o777, 0o600, file);
});

test('every command of package.json starts a script that is there', () => {
  const bootstrap = readFileSync(join(ROOT, 'bootstrap.cjs'), 'utf8');
  const scripts = [...bootstrap.matchAll(/run\('(?<file>[^']+)', rest\)/gu)];
  const commands = [...bootstrap.matchAll(/^ {2}case '/gmu)];
  assert.ok(commands.length > 5);
  assert.equal(scripts.length, commands.length);
  for (const { groups } of scripts) assert.ok(existsSync(join(ROOT, groups?.['file'] ?? '')));
});
