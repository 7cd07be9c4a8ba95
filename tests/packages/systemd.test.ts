/** The unit of systemd: what it starts is there, and systemd itself finds it sound and closed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { formatIssues } from '#config/issue.ts';
import { checkConfig } from '#config/load.ts';

import { ROOT } from '../../scripts/package/bundle.ts';

const FILE = join(ROOT, 'deploy', 'systemd', 'llmproxy.service');
const unit = readFileSync(FILE, 'utf8');
const valuesOf = (name: string): readonly string[] =>
  [...unit.matchAll(new RegExp(`^${name}=(?<value>.*)$`, 'gmu'))].map(
    ({ groups }) => groups?.['value'] ?? '',
  );
const ANALYZE = '/usr/bin/systemd-analyze';
/** Of ten, by systemd's own count: everything above it is a wall that was taken away. */
const EXPOSURE_MAX = 1.6;

describe('llmproxy.service', () => {
  test('starts commands that the program has, on files that it names', async () => {
    assert.equal(valuesOf('ExecStart').length, 1);
    for (const line of [...valuesOf('ExecStart'), ...valuesOf('ExecStartPre')]) {
      const [program, ...args] = line.split(' ');
      assert.equal(program, '/usr/local/bin/llmproxy');
      const help = spawnSync(
        join(ROOT, 'bin', 'llmproxy'),
        [...args.slice(0, 2).filter((one) => !/^[-/]/u.test(one)), '--help'],
        { encoding: 'utf8' },
      );
      assert.equal(help.status, 0, help.stderr);
      assert.equal(args.at(-1), '/etc/llmproxy/llmproxy.yaml');
    }
    const page = readFileSync(join(ROOT, 'docs', 'operations', 'systemd.md'), 'utf8');
    const yaml = /```yaml\n(?<text>version: 1\n[^]*?)```/u.exec(page)?.groups?.['text'] ?? '';
    const given = yaml.replaceAll(/\$\{(?:file|env):[^}]*\}/gu, () => crypto.randomUUID());
    const loaded = await checkConfig(given, '/etc/llmproxy/llmproxy.yaml', {});
    assert.ok(loaded.ok, loaded.ok ? '' : formatIssues(loaded.problems));
    const { dataDir, server } = loaded.config;
    assert.equal(dataDir, `/var/lib/${valuesOf('StateDirectory')[0]}`);
    const stopMs = Number(valuesOf('TimeoutStopSec')[0]) * 1_000;
    assert.ok(stopMs > server.drainDelay.ms + server.drainLimit.ms);
  });

  test('is sound and closed, by systemd itself', (t) => {
    if (!existsSync(ANALYZE)) {
      assert.notEqual(process.env['LLMPROXY_TOOLS'], 'required', 'systemd-analyze is not here');
      t.diagnostic('OPTIONAL: systemd-analyze is not here, so it did not run');
      return;
    }
    const root = mkdtempSync(join(tmpdir(), 'llmproxy-unit-'));
    t.after(() => rmSync(root, { recursive: true, force: true }));
    // It looks whether the program is there; here it is not installed.
    const copy = join(root, 'llmproxy.service');
    mkdirSync(join(root, 'bin'));
    writeFileSync(copy, unit.replaceAll('/usr/local/bin/llmproxy', join(ROOT, 'bin', 'llmproxy')));
    const verified = spawnSync(ANALYZE, ['verify', '--man=no', copy], { encoding: 'utf8' });
    assert.equal(verified.status, 0, verified.stderr);
    const ours = verified.stderr.split('\n').filter((line) => line.includes('llmproxy'));
    assert.deepEqual(ours, []);
    const security = spawnSync(ANALYZE, ['security', '--offline=true', '--no-pager', copy], {
      encoding: 'utf8',
    });
    const level = /level for llmproxy\.service: (?<level>[\d.]+)/u.exec(security.stdout);
    assert.ok(level !== null, security.stdout + security.stderr);
    t.diagnostic(`exposure ${level.groups?.['level']} of 10`);
    assert.ok(Number(level.groups?.['level']) <= EXPOSURE_MAX, security.stdout);
  });
});
