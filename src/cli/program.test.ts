import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { CliFolder } from './test-run.ts';

const folder = new CliFolder();
after(() => folder.remove());

test('help is on stdout and no failure; an unknown command is on stderr and wrong usage', async () => {
  const help = await folder.run(['--help']);
  assert.deepEqual([help.code, help.err], [0, '']);
  for (const name of ['serve', 'init', 'config', 'keys', 'audit', 'scan', 'eval']) {
    assert.match(help.out, new RegExp(`^ {2}${name}\\b`, 'mu'));
  }
  const unknown = await folder.run(['sevre']);
  assert.deepEqual([unknown.code, unknown.out], [2, '']);
  assert.match(unknown.err, /serve/u);
});

test('every command of every depth takes --config and says so', async () => {
  const commands = [
    ['serve'],
    ['init'],
    ...['validate', 'schema', 'print', 'diff'].map((name) => ['config', name]),
    ...['create', 'list', 'revoke', 'rotate'].map((name) => ['keys', name]),
    ...['verify', 'tail', 'export'].map((name) => ['audit', name]),
    ['scan'],
    ['eval', 'guards'],
  ];
  for (const command of commands) {
    const { code, out } = await folder.run([...command, '--help']);
    assert.equal(code, 0);
    assert.match(out, /--config <file>/u, command.join(' '));
  }
});

test('a configuration with problems ends a command with 1 and its lines', async () => {
  folder.write('bad.yaml', 'gards: []\n');
  for (const command of [['keys', 'list'], ['audit', 'verify'], ['scan'], ['config', 'print']]) {
    const { code, out, err } = await folder.run([...command, '--config', 'bad.yaml']);
    assert.deepEqual([code, out], [1, ''], command.join(' '));
    assert.match(err, /bad\.yaml:1:1: gards: there is no such key/u);
  }
});

test('a reader that closes early ends the program in peace', () => {
  const program = join(import.meta.dirname, '..', 'main.ts');
  for (let round = 0; round < 3; round += 1) {
    const command = `"${process.execPath}" --disable-warning=ExperimentalWarning "${program}" init --help | head -c 1`;
    const { stderr, stdout } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    assert.deepEqual([stdout, stderr], ['U', '']);
  }
});
