/** EXE-01: nothing in the gateway starts a process, and under --permission nothing could. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..', '..');

test('EXE-01: no file of the gateway imports child_process or worker evaluation', () => {
  const files = globSync('src/**/*.ts', { cwd: root }).filter((path) => !/\.(?:test|contract)\.ts$/u.test(path));
  assert.ok(files.length > 60);
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    assert.ok(!/['"](?:node:)?child_process['"]|\bprocess\.binding\(|eval:\s*true/u.test(text), file);
  }
});

test('EXE-01: the whole gateway serves under --permission, where a spawn is ERR_ACCESS_DENIED', () => {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-exe01-'));
  const script = `
    const { openHouse, BASE, DEMO, bearer, chat, post } = await import(${JSON.stringify(join(root, 'tests/support/house.ts'))});
    const house = await openHouse(DEMO + BASE + 'guards: []', {}, ${JSON.stringify(dir)});
    const answer = await post(house.url + '/v1/chat/completions', chat('Hello'), bearer(await house.key()));
    let denied = '';
    try { (await import('node:child_process')).spawnSync('true'); } catch (thrown) { denied = thrown.code; }
    console.log(JSON.stringify({ status: answer.status, denied }));
    await house.close();
  `;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--permission', `--allow-fs-read=${root}`, `--allow-fs-read=${dir}`, `--allow-fs-write=${dir}`, '--disable-warning=ExperimentalWarning', '--disable-warning=SecurityWarning', '--input-type=module', '--eval', script],
    { encoding: 'utf8', cwd: root, timeout: 30_000, env: { ...process.env, NODE_COMPILE_CACHE: '' } },
  );
  const line = stdout.trim().split('\n').at(-1) ?? '';
  assert.deepEqual(JSON.parse(line === '' ? 'null' : line), { status: 200, denied: 'ERR_ACCESS_DENIED' }, stderr);
});
