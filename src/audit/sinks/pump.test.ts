/** The pump against a sink and a source of the test's own: what it does when either fails. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { systemClock } from '#stdx/clock.ts';

import { systemTimers } from '../timers.ts';
import { type Cursor, readCursor } from './cursor-file.ts';
import { Pump } from './pump.ts';
import { sampleEvent } from './samples.contract.ts';
import { type Parcel, type Sink, SinkFault, placeOf } from './sink.ts';
import type { Load, Source } from './source.ts';

const START: Cursor = { positions: new Map(), treeSize: 0 };

/** `last` records in parcels of ten; a gap before the first of each parcel that `gaps` names. */
class TestSource implements Source {
  readonly #last: number;
  #at = 0;
  breaksAt = 0;

  constructor(last: number) {
    this.#last = last;
  }

  async next(): Promise<Load | null> {
    if (this.#at >= this.#last) return null;
    const from = this.#at + 1;
    this.#at = Math.min(this.#last, this.#at + 10);
    // As a reader that got half of it before the disk broke.
    if (this.breaksAt >= from && this.breaksAt <= this.#at) {
      this.breaksAt = 0;
      throw new Error('EIO');
    }
    const events = Array.from({ length: this.#at - from + 1 }, (_, at) =>
      sampleEvent(from + at, { kind: 'system' }),
    );
    return {
      parcel: { kind: 'records', events },
      gaps: from === 11 ? [{ writer: 'other', from: 3, to: 9 }] : [],
      after: { positions: new Map([['main', this.#at]]), treeSize: 0 },
      oldestMs: 0,
      bytes: 1,
      isFull: this.#at < this.#last,
    };
  }

  rewind({ positions }: Cursor): void {
    this.#at = positions.get('main') ?? 0;
  }

  behindBytes(): number {
    return 0;
  }
}

interface TestSink extends Sink {
  readonly taken: string[];
  answer: (keys: readonly string[]) => SinkFault | null;
}

function sinkWith(settleMs: number): TestSink {
  const taken: string[] = [];
  const sink: TestSink = {
    type: 'test',
    takes: 'records',
    recordsMax: 10,
    bytesMax: 1e6,
    lingerMs: 0,
    settleMs,
    taken,
    answer: () => null,
    async send(parcel: Parcel) {
      const keys = parcel.kind === 'records' ? parcel.events.map(placeOf) : [];
      const fault = sink.answer(keys);
      if (fault !== null) throw fault;
      taken.push(...keys);
    },
    close: () => Promise.resolve(),
  };
  return sink;
}

function pumpOf(t: TestContext, source: Source, sink: Sink) {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-pump-'));
  const cursorPath = join(dir, 'sinks', 'test.cursor.json');
  const said = { missed: 0, refused: [] as string[], failed: [] as string[] };
  const pump = new Pump({
    name: 'test',
    sink,
    source,
    cursor: START,
    cursorPath,
    timeoutMs: 1_000,
    ports: {
      clock: systemClock,
      timers: systemTimers,
      random: () => 0,
      delivered: () => {},
      failed: (code) => void said.failed.push(code),
      missed: () => void (said.missed += 1),
      refused: (event) => void said.refused.push(placeOf(event)),
      cursorLost: () => void said.failed.push('cursor'),
    },
  });
  t.after(async () => {
    await pump.close(100);
    rmSync(dir, { recursive: true });
  });
  return { pump, said, cursorPath };
}

const keys = (last: number): string[] => Array.from({ length: last }, (_, at) => `main-${at + 1}`);

async function until(isTrue: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !isTrue(); turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.ok(isTrue());
}

test('what was read before the disk broke is read again', async (t) => {
  const source = new TestSource(30);
  source.breaksAt = 15;
  const sink = sinkWith(0);
  const { pump, said } = pumpOf(t, source, sink);
  pump.start();
  await until(() => sink.taken.length >= 30);
  assert.deepEqual(sink.taken, keys(30));
  assert.deepEqual(said.failed, ['broken']);
});

test('a gap is said once, however often what is behind it is sent', async (t) => {
  const sink = sinkWith(60_000);
  let failures = 3;
  sink.answer = (sent) => {
    if (!sent.includes('main-15') || failures === 0) return null;
    failures -= 1;
    return new SinkFault('broken');
  };
  const { pump, said, cursorPath } = pumpOf(t, new TestSource(30), sink);
  pump.start();
  await until(() => sink.taken.includes('main-30'));
  assert.equal(said.missed, 1);
  // Nothing has settled in this minute: all of it was sent again after each failure.
  assert.equal(sink.taken.filter((key) => key === 'main-1').length, 4);
  assert.deepEqual([...new Set(sink.taken)], keys(30));
  assert.equal(pump.acknowledged.get('main'), undefined);
  await pump.close(100);
  assert.equal(await readCursor(cursorPath), 'none');
});

test('records that are refused are passed over one by one; after them parcels grow again', async (t) => {
  const sink = sinkWith(0);
  const parcels: number[] = [];
  sink.answer = (sent) => {
    const isBad = sent.includes('main-3') || sent.includes('main-14');
    if (!isBad) parcels.push(sent.length);
    return isBad ? new SinkFault('refused') : null;
  };
  const { pump, said } = pumpOf(t, new TestSource(60), sink);
  pump.start();
  await until(() => sink.taken.includes('main-60'));
  assert.deepEqual(said.refused, ['main-3', 'main-14']);
  assert.deepEqual(
    sink.taken,
    keys(60).filter((key) => key !== 'main-3' && key !== 'main-14'),
  );
  assert.equal(parcels.at(-1), 10);
});

test('a sink that is released sends nothing more, one that is closed sends what is there', async (t) => {
  const sink = sinkWith(0);
  const { pump } = pumpOf(t, new TestSource(40), sink);
  await pump.release(100);
  pump.start();
  await pump.close(100);
  assert.deepEqual(sink.taken, []);
  const other = sinkWith(0);
  const draining = pumpOf(t, new TestSource(40), other).pump;
  draining.start();
  await draining.close(2_000);
  assert.deepEqual(other.taken, keys(40));
});
