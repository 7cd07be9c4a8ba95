import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fault } from '#domain/fault.ts';

import { eventually } from '../../../tests/support/programs.ts';
import { channelAt, wires } from '../../../tests/support/wires.ts';

type Asked = {
  readonly add: (numbers: readonly number[]) => number;
  readonly fail: (how: 'fault' | 'error') => never;
  readonly never: (nothing: null) => Promise<void>;
};

function scene() {
  const { ends, cut } = wires();
  const unheard: string[] = [];
  const heard: unknown[] = [];
  const ours = {
    add: (numbers: readonly number[]) => {
      heard.push(numbers);
      return numbers.reduce((sum, one) => sum + one, 0);
    },
    fail: (how: 'fault' | 'error') => {
      if (how === 'fault') throw new Fault('storage-failed', 'the store is away');
      throw new Error('a text that may quote anything');
    },
    never: () => new Promise<void>(() => {}),
  };
  channelAt(ends[0], ours, (reason) => unheard.push(reason));
  return { asker: channelAt<Asked>(ends[1], {}), unheard, heard, cut };
}

test('a fault is told as what it is, and a foreign error without its text', async () => {
  const { asker } = scene();
  assert.equal(await asker.ask('add', [1, 2, 3]), 6);
  const fault = { name: 'Fault', code: 'storage-failed', message: 'the store is away' };
  await assert.rejects(asker.ask('fail', 'fault'), fault);
  await assert.rejects(asker.ask('fail', 'error'), (thrown: unknown) => {
    assert.ok(thrown instanceof Fault);
    assert.equal(thrown.code, 'internal');
    assert.doesNotMatch(thrown.message, /quote/u);
    return true;
  });
});

test('what was only told, and failed, is said where it failed', async () => {
  const { asker, unheard } = scene();
  asker.tell('fail', 'fault');
  await eventually(() => assert.deepEqual(unheard, ['fail: the store is away']));
});

test('a question that is not answered ends at its deadline, and at once where the other side goes', async () => {
  const { asker, cut } = scene();
  const begunMs = performance.now();
  await assert.rejects(asker.ask('never', null, 50), { code: 'internal' });
  assert.ok(performance.now() - begunMs < 2_000);
  const waiting = asker.ask('never', null);
  cut();
  await assert.rejects(waiting, { code: 'internal' });
  await assert.rejects(asker.ask('add', [1]), { code: 'internal' });
});

test('what may wait a moment goes before whatever is said after it, and by itself', async () => {
  const { asker, heard } = scene();
  asker.tellSoon('add', [1]);
  assert.equal(await asker.ask('add', [2]), 2);
  assert.deepEqual(heard, [[1], [2]]);
  asker.tellSoon('add', [3]);
  await eventually(() => assert.deepEqual(heard.at(-1), [3]));
});
