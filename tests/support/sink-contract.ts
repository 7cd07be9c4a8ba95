/** What every sink of records promises, whatever is at its other end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Sink } from '#audit/sinks/sink.ts';

import { openSinkLog, runPump } from './sink-log.ts';
import type { Mode } from './sink-receivers.ts';

export interface ContractReceiver {
  mode: Mode;
  /** Keys in the order in which they were taken, copies too. */
  readonly taken: readonly string[];
  readonly problems: readonly string[];
  close(): Promise<void>;
}

export interface Contract {
  /** A receiver, and a sink that leads to it; sinks of one receiver can be opened again. */
  open(): Promise<{ readonly receiver: ContractReceiver; readonly sink: () => Sink }>;
  /** Left out for what has nobody at the other end: a file. */
  readonly modes: readonly Mode[];
}

/** Each key once, in the order in which it came first. */
const firsts = (keys: readonly string[]): string[] => [...new Set(keys)];

export function sinkContract(name: string, { open, modes }: Contract): void {
  test(`${name}: takes everything, in the order of the log`, async () => {
    await within(open, async ({ receiver, sink, log }) => {
      await log.append(1_200);
      const run = await runPump(log, sink());
      await run.caughtUp();
      await log.append(30);
      await run.caughtUp();
      await run.pump.close(500);
      assert.deepEqual(receiver.taken, log.keys());
      assert.deepEqual([run.failures, run.missed, run.refused], [[], [], []]);
    });
  });

  test(`${name}: a restart goes on at the cursor`, async () => {
    await within(open, async ({ receiver, sink, log }) => {
      await log.append(40);
      const first = await runPump(log, sink());
      await first.caughtUp();
      await first.pump.close(500);
      await log.append(40);
      const second = await runPump(log, sink());
      await second.caughtUp();
      await second.pump.close(500);
      assert.deepEqual(firsts(receiver.taken), log.keys());
      // Those whose receivers cannot say that they have written send their last seconds again.
      if (sink().settleMs === 0) assert.deepEqual(receiver.taken, log.keys());
    });
  });

  test(`${name}: one marked event says that it works`, async () => {
    await within(open, async ({ receiver, sink, log }) => {
      const run = await runPump(log, sink());
      await run.caughtUp();
      assert.equal(await run.pump.test(), null);
      await run.pump.close(500);
      assert.equal(receiver.taken.filter((key) => key.startsWith('sink-test-')).length, 1);
    });
  });

  const outages: Readonly<Partial<Record<Mode, string>>> = {
    refuse: 'overloaded',
    stall: 'late',
    'lose-answers': 'broken',
  };
  for (const mode of modes) {
    const code = outages[mode];
    if (code === undefined) continue;
    test(`${name}: nothing is lost, and the order is kept, where its receiver does ${mode}`, async () => {
      await within(open, async ({ receiver, sink, log }) => {
        await log.append(60);
        receiver.mode = mode;
        const run = await runPump(log, sink(), { timeoutMs: 300 });
        await until(() => run.failures.length >= 2);
        assert.equal(run.failures[0], code);
        assert.equal(run.pump.status.state, 'waiting');
        assert.equal(run.pump.acknowledged.get('main') ?? 0, 0);
        receiver.mode = 'accept';
        await run.caughtUp();
        await run.pump.close(500);
        assert.deepEqual(firsts(receiver.taken), log.keys());
        if (mode === 'lose-answers')
          assert.ok(receiver.taken.length >= 2 * firsts(receiver.taken).length);
      });
    });
  }

  if (modes.includes('slow')) {
    test(`${name}: a slow receiver is waited for`, async () => {
      await within(open, async ({ receiver, sink, log }) => {
        receiver.mode = 'slow';
        await log.append(50);
        const run = await runPump(log, sink());
        await run.caughtUp();
        await run.pump.close(500);
        assert.deepEqual(receiver.taken, log.keys());
        assert.deepEqual(run.failures, []);
      });
    });
  }

  async function within(
    opening: Contract['open'],
    body: (
      parts: Awaited<ReturnType<Contract['open']>> & {
        readonly log: Awaited<ReturnType<typeof openSinkLog>>;
      },
    ) => Promise<void>,
  ): Promise<void> {
    const opened = await opening();
    const log = await openSinkLog();
    try {
      await body({ ...opened, log });
      assert.deepEqual(opened.receiver.problems, []);
    } finally {
      await log.close();
      await opened.receiver.close();
    }
  }
}

export async function until(isTrue: () => boolean, withinMs = 10_000): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (!isTrue()) {
    if (performance.now() > untilMs) throw new Error('it did not come about in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
