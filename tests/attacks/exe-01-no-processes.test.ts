/** EXE-01: nothing in the gateway starts a process, and under --permission nothing could. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..', '..');

const EMBEDDED_THREAD =
  "if (isSea()) return { code: getAsset(`threads/${basename(name)}.cjs`, 'utf8'), eval: true };";

/** `llmproxy drill` starts gateways and servers of its own; tests/architecture.test.ts says who may load it. */
const DRILL = 'src/cli/drill/child.ts';
/** `server.workers` begins the gateway itself again, by `node:cluster`; the same test says who may load it. */
const WORKERS = 'src/runtime/workers/processes.ts';

test('EXE-01: no file of the gateway imports child_process or worker evaluation', () => {
  const files = globSync('src/**/*.ts', { cwd: root }).filter(
    (path) => !/\.(?:test|contract)\.ts$/u.test(path) && path !== DRILL,
  );
  assert.ok(files.length > 60);
  for (const file of files) {
    // Inside the single binary a thread's code is text: this one line, of the binary's own assets.
    const text = readFileSync(join(root, file), 'utf8').replace(EMBEDDED_THREAD, '');
    assert.ok(
      !/['"](?:node:)?child_process['"]|\bprocess\.binding\(|eval:\s*true/u.test(text),
      file,
    );
    assert.ok(file === WORKERS || !/['"](?:node:)?cluster['"]/u.test(text), file);
  }
});

/**
 * The permission model would be a second wall, and Node 24 disables fsync under it: a log that must
 * survive power loss cannot run there (docs/decisions/0012). This test tells when that changes.
 */
test('EXE-01: under --permission a spawn is refused, and so, in this Node, is fsync', () => {
  const script = `
    const fs = await import('node:fs');
    const code = (act) => { try { act(); return 'allowed'; } catch (thrown) { return thrown.code; } };
    const { spawnSync } = await import('node:child_process');
    const file = fs.openSync(process.argv[1] + '/x', 'w');
    console.log(JSON.stringify({ spawn: code(() => spawnSync('true')), fsync: code(() => fs.fdatasyncSync(file)) }));
  `;
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-exe01-'));
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--permission',
      `--allow-fs-read=${dir}`,
      `--allow-fs-write=${dir}`,
      '--disable-warning=SecurityWarning',
      '--input-type=module',
      '--eval',
      script,
      dir,
    ],
    { encoding: 'utf8', timeout: 30_000, env: { PATH: process.env['PATH'] ?? '' } },
  );
  assert.notEqual(stdout, '', stderr);
  assert.deepEqual(JSON.parse(stdout), { spawn: 'ERR_ACCESS_DENIED', fsync: 'ERR_ACCESS_DENIED' });
});
