/** One receiver, with time, randomness and the way to it as arguments. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Cancellation } from '#stdx/cancellation.ts';

import { type Alert, type AlertEvent, testAlert } from './alert.ts';
import { type AlertWay, AlertHub } from './alert-hub.ts';
import type { AlertSender, Delivery } from './alert-sender.ts';
import { type AlertPorts, AlertTarget, type AlertTargetSettings } from './alert-target.ts';

const answered = (status: number, retryAfterMs: number | null = null): Delivery => ({
  status,
  fault: null,
  retryAfterMs,
  ms: 1,
});
const unreachable: Delivery = {
  status: null,
  fault: 'provider-unreachable',
  retryAfterMs: null,
  ms: 1,
};

/** A receiver that answers what it is told, and a clock that stands until it is moved. */
function scene(changes: Partial<AlertTargetSettings> = {}) {
  const sent: AlertEvent[] = [];
  const ended = new Map<string, number>();
  const lost: [string, number][] = [];
  const timers: { atMs: number; run: () => void }[] = [];
  let nowMs = 0;
  let retries = 0;
  let ids = 0;
  let answer: () => Promise<Delivery> = async () => answered(204);
  const senderTo = (into: AlertEvent[]): AlertSender => ({
    send: (event: AlertEvent, _cancellation: Cancellation) => {
      into.push(event);
      return answer();
    },
    close: async () => {},
  });
  const ports: AlertPorts = {
    clock: { nowMs: () => 1_800_000_000_000 + nowMs, monotonicMs: () => nowMs },
    random: () => 1,
    newId: () => `alt_${(ids += 1)}`,
    after(ms, run) {
      const timer = { atMs: nowMs + ms, run };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer) >>> 0, timers.includes(timer) ? 1 : 0);
    },
    meter: {
      ended: (_target, result, count) => void ended.set(result, (ended.get(result) ?? 0) + count),
      retried: () => void (retries += 1),
    },
    lost: (_target, reason, count) => void lost.push([reason, count]),
  };
  const settings: AlertTargetSettings = {
    name: 'soc',
    severityMin: 'low',
    events: null,
    guards: null,
    tenants: null,
    attemptsMax: 5,
    ageMaxMs: 3_600_000,
    dedupWindowMs: 0,
    queueMax: 10,
    ...changes,
  };
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return {
    sent,
    ended,
    lost,
    settings,
    ports,
    senderTo,
    retries: () => retries,
    target: new AlertTarget(settings, senderTo(sent), ports),
    answers: (next: () => Promise<Delivery>) => void (answer = next),
    settle,
    /** Runs what is due on the way, in order. */
    async pass(ms: number) {
      const untilMs = nowMs + ms;
      await settle();
      for (;;) {
        const [next] = timers.toSorted((a, b) => a.atMs - b.atMs);
        if (next === undefined || next.atMs > untilMs) break;
        timers.splice(timers.indexOf(next), 1);
        nowMs = Math.max(nowMs, next.atMs);
        next.run();
        await settle();
      }
      nowMs = untilMs;
    },
  };
}

const alertOf = (changes: Partial<Alert> = {}): Alert => ({
  ...testAlert,
  type: 'guard.finding',
  tenant: 'acme',
  guard: 'secrets',
  ...changes,
});

test('what fails is tried again after waits that double, and at last given up, counted and said', async () => {
  const { target, sent, answers, pass, ended, lost, retries } = scene();
  answers(async () => unreachable);
  target.take(alertOf());
  const at: number[] = [];
  for (const wait of [0, 999, 1, 1_999, 1, 3_999, 1, 7_999, 1]) {
    await pass(wait);
    at.push(sent.length);
  }
  assert.deepEqual(at, [1, 1, 2, 2, 3, 3, 4, 4, 5]);
  assert.equal(retries(), 4);
  assert.deepEqual([...ended], [['failed', 1]]);
  assert.deepEqual(lost, [['every attempt failed', 1]]);
  assert.equal(new Set(sent.map(({ id }) => id)).size, 1, 'one id on every attempt');
  assert.equal(target.queued, 0);
});

for (const status of [400, 401, 404, 410, 301, 302, 307, 308]) {
  test(`${status} is final: nothing is sent again`, async () => {
    const { target, sent, answers, pass, ended } = scene();
    answers(async () => answered(status));
    target.take(alertOf());
    await pass(3_600_000);
    assert.equal(sent.length, 1);
    assert.deepEqual([...ended], [['failed', 1]]);
  });
}

for (const status of [408, 429, 500, 503]) {
  test(`${status} may pass: it is tried again, and delivered when it has`, async () => {
    const { target, sent, answers, pass, ended } = scene();
    answers(async () => answered(sent.length === 1 ? status : 200));
    target.take(alertOf());
    await pass(1_000);
    assert.equal(sent.length, 2);
    assert.deepEqual([...ended], [['delivered', 1]]);
  });
}

test('an address that is refused is not tried again', async () => {
  const { target, sent, answers, pass } = scene();
  answers(async () => ({ ...unreachable, fault: 'egress-refused' }));
  target.take(alertOf());
  await pass(3_600_000);
  assert.equal(sent.length, 1);
});

test('retry-after is obeyed, also for what came meanwhile', async () => {
  const { target, sent, answers, pass } = scene();
  answers(async () => answered(429, 30_000));
  target.take(alertOf());
  await pass(0);
  answers(async () => answered(200));
  target.take(alertOf());
  await pass(29_999);
  assert.equal(sent.length, 1);
  await pass(1);
  assert.equal(sent.length, 3);
  assert.equal(target.queued, 0);
});

test('retry-after: 0 does not make every attempt at once', async () => {
  const { target, sent, answers, pass } = scene();
  answers(async () => answered(503, 0));
  target.take(alertOf());
  await pass(999);
  assert.equal(sent.length, 1);
  await pass(1);
  assert.equal(sent.length, 2);
});

test('an alert that would be too old when it is tried again is given up', async () => {
  const { target, sent, answers, pass, lost } = scene({ ageMaxMs: 2_500, attemptsMax: 20 });
  answers(async () => unreachable);
  target.take(alertOf());
  await pass(60_000);
  assert.equal(sent.length, 2);
  assert.deepEqual(lost, [['it grew too old', 1]]);
});

test('a queue that is full drops the newest, counts each and says so once in a while', async () => {
  const { target, sent, answers, pass, ended, lost, settle } = scene({ queueMax: 3 });
  let release: (() => void) | null = null;
  const released = new Promise<void>((resolve) => (release = resolve));
  answers(async () => {
    await released;
    return answered(200);
  });
  for (let index = 0; index < 10; index += 1) target.take(alertOf({ requestId: `req_${index}` }));
  assert.equal(target.queued, 3);
  assert.equal(ended.get('dropped'), 7);
  assert.deepEqual(lost, [['the queue is full', 1]], 'a flood does not fill the log');
  (release as (() => void) | null)?.();
  await pass(0);
  assert.deepEqual(
    sent.map(({ body }) => (JSON.parse(body) as { data: { requestId: string } }).data.requestId),
    ['req_0', 'req_1', 'req_2'],
  );
  await pass(11_000);
  answers(() => new Promise(() => {}));
  for (let index = 0; index < 4; index += 1) target.take(alertOf());
  await settle();
  assert.deepEqual(lost.at(-1), ['the queue is full', 7], 'with what was not said before');
});

test('equal findings are one alert, and one more with their count', async () => {
  const { target, sent, pass, ended } = scene({ dedupWindowMs: 60_000 });
  for (let index = 0; index < 5; index += 1) target.take(alertOf());
  await pass(59_999);
  assert.equal(sent.length, 1);
  await pass(1);
  const bodies = sent.map(
    ({ body }) => (JSON.parse(body) as { data: { count: number; isFollowUp: boolean } }).data,
  );
  assert.deepEqual(
    bodies.map(({ count, isFollowUp }) => [count, isFollowUp]),
    [
      [1, false],
      [4, true],
    ],
  );
  assert.deepEqual(Object.fromEntries(ended), { delivered: 2, merged: 4 });
});

test('each filter keeps out what it does not name', async () => {
  const cases = [
    [{ severityMin: 'high' }, { severity: 'medium' }, { severity: 'high' }],
    [{ events: ['tool.forbidden'] }, {}, { type: 'tool.forbidden' }],
    [{ guards: ['pii'] }, {}, { guard: 'pii' }],
    [{ guards: ['pii'] }, { guard: null }, { guard: 'pii' }],
    [{ tenants: ['umbrella'] }, {}, { tenant: 'umbrella' }],
  ] as const;
  for (const [settings, out, through] of cases) {
    const { target, sent, settle } = scene(settings as Partial<AlertTargetSettings>);
    target.take(alertOf(out));
    await settle();
    assert.equal(sent.length, 0, JSON.stringify(settings));
    target.take(alertOf(through));
    await settle();
    assert.equal(sent.length, 1, JSON.stringify(settings));
  }
});

test('draining closes the windows, tries what waits once more and drops the rest at its deadline', async () => {
  const { target, sent, answers, pass, ended, lost } = scene({ dedupWindowMs: 60_000 });
  answers(async () => unreachable);
  target.take(alertOf());
  target.take(alertOf());
  await pass(0);
  assert.equal(sent.length, 1);
  let isDrained = false;
  answers(() => new Promise(() => {}));
  const draining = target.drain(5_000).then(() => (isDrained = true));
  await pass(4_999);
  assert.equal(sent.length, 3, 'the first again, and the follow-up');
  assert.equal(isDrained, false);
  await pass(1);
  await draining;
  assert.equal(ended.get('dropped'), 2);
  assert.deepEqual(lost.at(-1), ['the gateway stopped first', 2]);
});

test('draining ends as soon as everything is delivered', async () => {
  const { target, sent, settle, ended } = scene({ dedupWindowMs: 60_000 });
  target.take(alertOf());
  target.take(alertOf());
  await settle();
  await target.drain(5_000);
  assert.equal(sent.length, 2);
  assert.equal(ended.get('delivered'), 2);
});

test('a reload keeps what waits under a name, and sends it to the new place', async () => {
  const { sent, senderTo, settings, ports, answers, pass, ended, lost } = scene();
  const hub = new AlertHub(ports);
  const way = (name: string, into: AlertEvent[]): AlertWay => ({
    settings: { ...settings, name },
    sender: senderTo(into),
  });
  hub.use([way('soc', sent), way('old', [])]);
  answers(async () => unreachable);
  hub.raise(alertOf());
  await pass(0);
  assert.deepEqual(hub.queued(), [
    ['soc', 1],
    ['old', 1],
  ]);
  answers(async () => answered(200));
  const elsewhere: AlertEvent[] = [];
  hub.use([way('soc', elsewhere)]);
  await pass(1_000);
  assert.deepEqual(
    elsewhere.map(({ id }) => id),
    sent.map(({ id }) => id),
  );
  assert.equal(ended.get('delivered'), 1);
  assert.deepEqual(lost, [['the target was removed', 1]], 'nothing goes where it was removed');
});
