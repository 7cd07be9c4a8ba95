/** docs/operations/failure-modes.md: every line has a test and a scenario, and every scenario a line. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { scenarios } from '#cli/drill/registry.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGE = readFileSync(join(ROOT, 'docs', 'operations', 'failure-modes.md'), 'utf8');

interface Line {
  readonly failure: string;
  readonly cells: readonly string[];
  readonly scenario: string;
  readonly id: string;
  readonly file: string;
}

/** Lines of the table, without its head. */
const lines: readonly Line[] = PAGE.split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| failure |'))
  .map((line) => {
    const cells = line.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/gu, ''));
    const [failure = '', , , , drill = '', shown = ''] = cells;
    const { id = '', file = '' } =
      /^(?<id>[A-Z]+-\d+) `(?<file>[^`]+)`$/u.exec(shown)?.groups ?? {};
    return { failure, cells, scenario: drill.replaceAll('`', ''), id, file };
  });

describe('failure modes', () => {
  test('there is a line for each scenario of the drill, in its order, and no other', () => {
    assert.ok(lines.length >= 19);
    assert.deepEqual(
      lines.map(({ scenario }) => scenario),
      scenarios.map(({ name }) => name),
    );
  });

  for (const { failure, cells, scenario: name, id, file } of lines) {
    test(`${failure}: says all, and is shown by a test of its scenario`, () => {
      assert.equal(cells.length, 6);
      assert.ok(cells.every((cell) => cell.length > 3));
      const scenario = scenarios.find((one) => one.name === name);
      assert.ok(scenario !== undefined, `no scenario ${name}`);
      const about = `${scenario.dependency} ${scenario.failure}`;
      assert.ok(failure.startsWith(about), `the scenario is about: ${about}`);
      assert.ok(existsSync(join(ROOT, file)), `no test ${file}`);
      const text = readFileSync(join(ROOT, file), 'utf8');
      assert.ok(text.includes(`['${id}', '${name}']`), `${file} does not run ${name} as ${id}`);
    });
  }

  test('every other file that the page names is there', () => {
    const named = [...PAGE.matchAll(/`(?<path>tests\/[^`]+\.ts)`/gu)];
    assert.ok(named.length > 20);
    for (const { groups } of named) {
      assert.ok(existsSync(join(ROOT, groups?.['path'] ?? '')), groups?.['path']);
    }
  });
});
