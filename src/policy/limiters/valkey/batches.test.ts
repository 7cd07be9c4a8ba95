import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fault } from '#domain/fault.ts';

import { Batches } from './batches.ts';
import { Packer } from './packer.ts';

/** A server that answers when it is told to, and a turn of the loop that ends when it is told to. */
class Server {
  readonly sent: { readonly steps: number; readonly answer: (fault?: Error) => Promise<void> }[] =
    [];
  #turns: (() => void)[] = [];
  readonly batches = new Batches(
    (write) =>
      new Promise((resolve, reject) => {
        const packer = new Packer();
        write(packer);
        const steps = packer.taken().length;
        const answer = async (fault?: Error): Promise<void> => {
          if (fault === undefined) resolve(Array.from({ length: steps }, (_, index) => index));
          else reject(fault);
          await settled();
        };
        this.sent.push({ steps, answer });
      }),
    (run) => this.#turns.push(run),
  );

  /** One byte a step. */
  ask(count: number): Promise<unknown>[] {
    return Array.from({ length: count }, () => this.batches.run((into) => into.number(1)));
  }

  turn(): void {
    const turns = this.#turns;
    this.#turns = [];
    for (const run of turns) run();
  }

  get sizes(): readonly number[] {
    return this.sent.map(({ steps }) => steps);
  }
}

const settled = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

test('what is asked in one turn is one script, and each step has its own answer', async () => {
  const server = new Server();
  const asked = Promise.all(server.ask(3));
  assert.deepEqual(server.sizes, []);
  server.turn();
  assert.deepEqual(server.sizes, [3]);
  await server.sent[0]?.answer();
  assert.deepEqual(await asked, [0, 1, 2]);
});

test('two scripts are on their way, and no script is longer than 32 steps; the next goes before answers are read', async () => {
  const server = new Server();
  const [first = Promise.reject(new Error('none'))] = server.ask(100);
  let isRead = false;
  const sizesThen = first.then(() => {
    isRead = true;
    return [...server.sizes];
  });
  for (let turn = 0; turn < 5; turn += 1) server.turn();
  assert.deepEqual(server.sizes, [32, 32]);
  assert.equal(isRead, false);
  await server.sent[0]?.answer();
  assert.deepEqual(await sizesThen, [32, 32, 32]);
  await server.sent[1]?.answer();
  await server.sent[2]?.answer();
  assert.deepEqual(server.sizes, [32, 32, 32, 4]);
});

test('a script that fails is heard of by its own steps; the others go on', async () => {
  const server = new Server();
  const asked = Promise.allSettled(server.ask(40));
  for (let turn = 0; turn < 3; turn += 1) server.turn();
  await server.sent[0]?.answer(new Fault('storage-failed', 'gone'));
  await server.sent[1]?.answer();
  const outcomes = (await asked).map(({ status }) => status);
  assert.equal(outcomes.filter((status) => status === 'rejected').length, 32);
  assert.equal(outcomes.filter((status) => status === 'fulfilled').length, 8);
});

test('what waits is bounded: beyond it a step is refused at once', async () => {
  const server = new Server();
  const asked = server.ask(20_000);
  for (const one of asked) one.catch(() => {});
  await assert.rejects(Promise.all(server.ask(1)), /too many steps/u);
});
