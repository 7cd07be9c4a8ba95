import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import { Metrics } from '../metrics.ts';
import { quantile } from './measures.ts';
import { NoticePlan, type Silence } from './notice-plan.ts';
import { noticeLine, noticeTitle } from './notice-text.ts';
import type { AlertRule, RuleNotice } from './rule.ts';
import { noticeOf, RuleEngine, type RuleView } from './rule-engine.ts';
import { nextState, type RuleState } from './rule-state.ts';

const rule = (changes: Partial<AlertRule> = {}): AlertRule => ({
  name: 'r',
  type: 'error-rate',
  severity: 'high',
  windowMs: 60_000,
  threshold: 0.05,
  forMs: 0,
  requestsMin: 1,
  receivers: ['ops'],
  ...changes,
});

describe('the state of a rule', () => {
  const steps = fc.array(
    fc.record({ isOver: fc.boolean(), passMs: fc.integer({ min: 1, max: 500 }) }),
  );

  test('fires only after it was too much for as long as it must be, without a break', () => {
    fc.assert(
      fc.property(steps, fc.nat(1_000), (all, forMs) => {
        let state: RuleState | null = null;
        let nowMs = 0;
        let overSinceMs: number | null = null;
        for (const { isOver, passMs } of all) {
          nowMs += passMs;
          if (!isOver) overSinceMs = null;
          else overSinceMs ??= nowMs;
          const before: RuleState | null = state;
          state = nextState(before, { value: 1, isOver, nowMs }, { forMs, keptMs: 600 });
          const isFiring = state?.phase === 'firing';
          assert.equal(isFiring, overSinceMs !== null && nowMs - overSinceMs >= forMs);
          // Nothing is resolved that did not fire, and nothing that fired ends without a word.
          if (before?.phase === 'firing' && !isOver) assert.equal(state?.phase, 'resolved');
          if (state?.phase === 'resolved') {
            assert.ok(before?.phase === 'firing' || before?.phase === 'resolved');
          }
        }
      }),
    );
  });

  test('what was resolved is shown for a while, and no longer', () => {
    const bounds = { forMs: 0, keptMs: 100 };
    const over: RuleState = { phase: 'resolved', sinceMs: 0, value: 1 };
    const seen = (nowMs: number) => ({ value: 0, isOver: false, nowMs });
    assert.deepEqual(nextState(over, seen(99), bounds), over);
    assert.equal(nextState(over, seen(100), bounds), null);
  });
});

describe('what rules look at', () => {
  function scene(one: AlertRule) {
    const metrics = new Metrics();
    const requests = metrics.counter('llmproxy_requests_total', 'R.');
    const denials = metrics.counter('llmproxy_denials_total', 'D.');
    const cost = metrics.counter('llmproxy_cost_usd_total', 'C.');
    const seconds = metrics.histogram('llmproxy_request_duration_seconds', 'S.', [1, 2, 10]);
    let certificateEnds = 0;
    metrics.gauge('llmproxy_certificate_expiry_timestamp_seconds', 'E.', () => [
      [{ listener: 'data' }, certificateEnds],
    ]);
    const engine = new RuleEngine();
    engine.use([one]);
    let nowMs = 1_000_000;
    let keyEndsMs: readonly number[] = [];
    return {
      requests,
      denials,
      cost,
      seconds,
      engine,
      certificate: (endsMs: number) => void (certificateEnds = endsMs / 1_000),
      keys: (ends: readonly number[]) => void (keyEndsMs = ends),
      now: () => nowMs,
      look(passMs = 10_000): string[] {
        nowMs += passMs;
        engine.look(metrics.snapshot(), { nowMs, keyEndsMs }, nowMs);
        return engine.states().map(({ subject, state }) => `${subject} ${state.phase}`);
      },
    };
  }

  test('errors of the window count, and those from before it do not', () => {
    const { requests, look } = scene(rule());
    requests.add({ status: '502' }, 100);
    assert.deepEqual(look(), [], 'what was there before is not of this window');
    requests.add({ status: '200' }, 90);
    requests.add({ status: '500' }, 10);
    assert.deepEqual(look(), [' firing']);
    for (let turn = 0; turn < 4; turn += 1) assert.deepEqual(look(), [' firing']);
    for (let turn = 0; turn < 3; turn += 1) look();
    assert.deepEqual(look(), [' resolved'], 'they are older than the window');
    requests.add({ status: '200' }, 50);
    assert.deepEqual(look(), [' resolved']);
  });

  test('a few requests say nothing of a rate', () => {
    const { requests, look } = scene(rule({ requestsMin: 20 }));
    look();
    requests.add({ status: '500' }, 19);
    assert.deepEqual(look(), []);
    requests.add({ status: '500' }, 1);
    assert.deepEqual(look(), [' firing']);
  });

  test('a percentile is of the requests of the window', () => {
    const { seconds, look } = scene(rule({ type: 'latency-p95', threshold: 2 }));
    for (let call = 0; call < 1_000; call += 1) seconds.observe({ route: 'a' }, 9);
    look();
    for (let call = 0; call < 100; call += 1) seconds.observe({ route: 'a' }, 0.5);
    assert.deepEqual(look(), []);
    for (let call = 0; call < 10; call += 1) seconds.observe({ route: 'b' }, 9);
    assert.deepEqual(look(), [' firing']);
  });

  test('a quantile is within the bucket that holds it', () => {
    const counts = fc.array(fc.nat(50), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(counts, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, part) => {
        fc.pre(all.some((count) => count > 0));
        const bounds = [1, 2, 10];
        const found = quantile(part, bounds, all);
        const rank = part * all.reduce((sum, count) => sum + count, 0);
        let before = 0;
        let at = 0;
        while (at < 3 && before + (all[at] ?? 0) < rank) before += all[at++] ?? 0;
        assert.ok(found >= (bounds[at - 1] ?? 0) - 1e-9 && found <= (bounds[at] ?? 10) + 1e-9);
      }),
    );
  });

  test('spend is by tenant, and a tenant that is new has spent from nothing', () => {
    const { cost, look } = scene(rule({ type: 'spend', threshold: 10 }));
    cost.add({ tenant: 'a' }, 100);
    look();
    cost.add({ tenant: 'a' }, 5);
    cost.add({ tenant: 'b' }, 11);
    assert.deepEqual(look(), ['b firing']);
  });

  test('refusals count by what they are of', () => {
    const { denials, look } = scene(rule({ type: 'blocks', threshold: 3 }));
    look();
    denials.add({ reason: 'limit-reached' }, 50);
    denials.add({ reason: 'content-blocked' }, 3);
    assert.deepEqual(look(), []);
    denials.add({ reason: 'tool-forbidden' }, 1);
    assert.deepEqual(look(), [' firing']);
  });

  test('what ends soon fires, what ended or has no end does not', () => {
    const day = 86_400_000;
    const own = scene(rule({ type: 'certificate-expiry', threshold: 14 * 86_400 }));
    assert.deepEqual(own.look(), []);
    own.certificate(own.now() + 20 * day);
    assert.deepEqual(own.look(), []);
    own.certificate(own.now() + 13 * day);
    assert.deepEqual(own.look(), ['data firing']);
    const keys = scene(rule({ type: 'key-expiry', threshold: 7 * 86_400 }));
    keys.keys([keys.now() + 8 * day, keys.now() - day]);
    assert.deepEqual(keys.look(), []);
    keys.keys([keys.now() + 8 * day, keys.now() + day]);
    assert.deepEqual(keys.look(), [' firing']);
  });

  test('what it remembers is bounded, whatever the window and the look', () => {
    const { look, engine, requests } = scene(rule({ windowMs: 86_400_000 }));
    for (let turn = 0; turn < 30_000; turn += 1) {
      if (turn % 100 === 0) requests.add({ status: '200' });
      look(10_000);
    }
    assert.ok(engine.samples > 50 && engine.samples <= 62, String(engine.samples));
  });

  test('a reload leaves alone what is the same, and forgets what is gone', () => {
    const { look, engine, requests } = scene(rule());
    look();
    requests.add({ status: '500' }, 10);
    assert.deepEqual(look(), [' firing']);
    engine.use([rule({ receivers: ['others'], severity: 'low' })]);
    assert.equal(engine.states()[0]?.state.phase, 'firing');
    assert.deepEqual(engine.states()[0]?.rule.receivers, ['others']);
    engine.use([rule({ threshold: 0.5 })]);
    assert.deepEqual(engine.states(), []);
  });
});

describe('who is told', () => {
  const view = (phase: RuleState['phase'], subject = '', name = 'r'): RuleView => ({
    rule: rule({ name, receivers: ['ops', 'mail'] }),
    subject,
    state: { phase, sinceMs: 0, value: 0.5 },
  });
  const said = (
    plan: NoticePlan,
    views: readonly RuleView[],
    nowMs: number,
    silences: readonly Silence[] = [],
  ): string[] =>
    (plan.next(views, silences, { nowMs, repeatMs: 1_000 }).get('ops') ?? []).map(
      ({ rule: name, subject, state }) => `${name}${subject} ${state}`,
    );

  test('each once, again while it goes on, and when it is over', () => {
    const plan = new NoticePlan();
    assert.deepEqual(said(plan, [view('pending')], 0), []);
    assert.deepEqual(said(plan, [view('firing')], 10), ['r firing']);
    assert.deepEqual(said(plan, [view('firing')], 500), []);
    assert.deepEqual(said(plan, [view('firing')], 1_010), ['r firing']);
    assert.deepEqual(said(plan, [view('resolved')], 1_020), ['r resolved']);
    assert.deepEqual(said(plan, [view('resolved')], 1_030), [], 'once');
    assert.deepEqual(said(plan, [view('firing')], 1_040), ['r firing'], 'it began anew');
  });

  test('all of one look is one message for each receiver', () => {
    const plan = new NoticePlan();
    const due = plan.next([view('firing', 'a'), view('firing', 'b')], [], {
      nowMs: 0,
      repeatMs: 1,
    });
    assert.deepEqual([...due.keys()], ['ops', 'mail']);
    assert.equal(due.get('mail')?.length, 2);
  });

  test('a silence keeps quiet what it names until it ends; then what fires is told', () => {
    const plan = new NoticePlan();
    const quiet: Silence = { rule: 'r', subject: 'a', endsMs: 100 };
    const views = [view('firing', 'a'), view('firing', 'b'), view('firing', 'a', 's')];
    assert.deepEqual(said(plan, views, 0, [quiet]), ['rb firing', 'sa firing']);
    assert.deepEqual(said(plan, views, 99, [quiet]), []);
    assert.deepEqual(said(plan, views, 100, [quiet]), ['ra firing']);
    const other = new NoticePlan();
    const all: Silence = { rule: null, subject: null, endsMs: 100 };
    assert.deepEqual(said(other, views, 0, [all]), []);
    assert.deepEqual(said(other, [view('resolved', 'a')], 1, [all]), [], 'nor that it is over');
    assert.deepEqual(said(other, [view('resolved', 'a')], 200), [], 'of what nobody was told');
  });

  test('every type has its words, with its unit', () => {
    const notice = (changes: Partial<RuleNotice>): string =>
      noticeLine({ ...noticeOf(view('firing'), 'firing'), ...changes });
    assert.equal(
      notice({}),
      'FIRING r (high) requests that end with a server error: 50 % (threshold 5 %)',
    );
    assert.match(
      notice({ type: 'spend', value: 12.5, threshold: 10, subject: 'acme' }),
      /\[acme\].*12\.5 USD/u,
    );
    assert.match(
      notice({ type: 'certificate-expiry', value: 86_400 * 3, threshold: 1 }),
      /: 3 d \(/u,
    );
    assert.match(notice({ type: 'provider-down' }), /as it fails$/u);
    assert.doesNotMatch(notice({ state: 'resolved' }), /threshold/u);
    assert.equal(noticeTitle([noticeOf(view('firing'), 'firing')]), 'LLMProxy 1 firing: r');
  });
});
