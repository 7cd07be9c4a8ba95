import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { availableBytes, systemPressure } from './pressure.ts';

const MACHINE = 8 * 1_024 ** 3;

const files =
  (all: Readonly<Record<string, string>>) =>
  (path: string): string => {
    const text = all[path];
    if (text === undefined) throw new Error('no such file');
    return text;
  };

const V2 = '/sys/fs/cgroup/memory.max';
const V1 = '/sys/fs/cgroup/memory/memory.limit_in_bytes';

describe('the memory that there is', () => {
  const known: readonly (readonly [string, Readonly<Record<string, string>>, number])[] = [
    ['a limit of version 2', { [V2]: '536870912\n' }, 536_870_912],
    ['a limit of version 1', { [V1]: '268435456\n' }, 268_435_456],
    ['no limit in version 2', { [V2]: 'max\n' }, MACHINE],
    ['no limit in version 1', { [V1]: '9223372036854771712\n' }, MACHINE],
    ['no control groups', {}, MACHINE],
    ['a file that says nothing', { [V2]: '' }, MACHINE],
  ];
  for (const [name, there, bytes] of known) {
    test(name, () => assert.equal(availableBytes(files(there), MACHINE), bytes));
  }
});

test('measures shares of memory and heap; a loop is late only after three measurements', () => {
  const probe = systemPressure();
  try {
    const bounds = { memoryBytesMax: process.memoryUsage.rss() * 2, loopLagMaxMs: 10 };
    for (let turn = 0; turn < 2; turn += 1) {
      const { memory, heap, loop } = probe.measure(bounds);
      assert.ok(memory > 0.3 && memory < 0.8, `${memory}`);
      assert.ok(heap > 0 && heap < 1, `${heap}`);
      assert.equal(loop, 0);
    }
  } finally {
    probe.close();
  }
});
