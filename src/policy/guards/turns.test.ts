/** Long texts: they are read as others are, others have their turn meanwhile, and a deadline ends the work. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Cancellation } from '#stdx/cancellation.ts';

import { Evidence } from './evidence.ts';
import { clean, type Detector, type Guard, type GuardContext } from './guard.ts';
import { ruleOf, runOf } from './guard.contract.ts';
import { GuardRun } from './guard-run.ts';
import { linksGuard } from './links.ts';
import { piiGuard } from './pii/pii.ts';
import type { GuardRule } from './rule.ts';
import { secretsGuard } from './secrets.ts';
import { topicsGuard } from './topics.ts';
import { turnsDuring } from '../../../tests/support/turns.ts';

const KEY = ['sk', 'ant', 'a1B2c3D4e5F6g7H8i9J0k1L2'].join('-');
const PIECES = [
  KEY,
  'maria@example.com',
  '4111 1111 1111 1111',
  'project falcon',
  'https://evil.example/a?b=c',
  'code 4711',
  'password = "x9Tq2-vLm4#p"',
  '1 2 3 4 5 6 ',
  'plain words of no interest, ',
  '\n',
];

const GUARDS: readonly Guard[] = [
  secretsGuard.create({ allow: [] }),
  piiGuard.create(piiGuard.config.parse({})),
  linksGuard.create(linksGuard.config.parse({})),
  topicsGuard.create(
    topicsGuard.config.parse({ rules: [{ match: 'project falcon' }, { pattern: 'code \\d+' }] }),
  ),
];

/** 300,000 characters, alike in every run; `shift` moves what stands where two pieces meet. */
function longText(shift: number): string {
  let text = 'x'.repeat(shift);
  for (let index = 0; text.length < 300_000; index += 1) {
    text += `${PIECES[(index * 7 + (index >> 3)) % PIECES.length]} `;
  }
  return text;
}

const atOnce = (rule: GuardRule): GuardRule => ({
  ...rule,
  guard: {
    ...rule.guard,
    detectors: rule.guard.detectors.map((one): Detector => ({
      scan: (...asked) => one.scan(...asked),
    })),
  },
});

const filtered = async (rule: GuardRule, text: string): Promise<string> =>
  (await runOf(rule).run.whole(text, 'user', true)).text;

describe('a long text', () => {
  for (const guard of GUARDS) {
    test(`${guard.type}: is filtered as at once, wherever its pieces meet, and others have turns`, async () => {
      const rule = ruleOf(guard);
      for (const shift of [0, 3, 11, 17]) {
        const text = longText(shift);
        let by = '';
        const turns = await turnsDuring(async () => {
          by = await filtered(rule, text);
        });
        assert.equal(by, await filtered(atOnce(rule), text));
        assert.notEqual(by, text);
        assert.ok(turns >= 4, `${turns} turns`);
      }
    });
  }
});

describe('a deadline', () => {
  const subject = {
    tenant: 'acme',
    model: 'any',
    direction: 'request',
    cancellation: new Cancellation(),
  } as const;

  test('ends a text whose pieces come to more, after the piece that was one too many', async () => {
    let [nowMs, pieces] = [0, 0];
    const slow: Detector = {
      takesTurns: true,
      scan: (text) => {
        [nowMs, pieces] = [nowMs + 200, pieces + 1];
        return clean(text.length);
      },
    };
    const rule = { ...ruleOf({ type: 'slow', detectors: [slow] }), timeoutMs: 500 };
    const run = new GuardRun([rule], subject, {
      evidence: new Evidence(),
      monotonicMs: () => nowMs,
    });
    const { stop } = await run.whole('x'.repeat(1_000_000), 'user', true);
    assert.equal(stop?.kind, 'unavailable');
    assert.equal(pieces, 3);
  });

  test('is told to whoever works on for nobody', async () => {
    let told: GuardContext | null = null;
    const hung: Detector = {
      scan: (_text, _from, _isEnd, context) => {
        told = context;
        return new Promise(() => {});
      },
    };
    const rule = { ...ruleOf({ type: 'hung', detectors: [hung] }), timeoutMs: 20 };
    const { stop } = await runOf(rule).run.whole('text', 'user', true);
    assert.equal(stop?.kind, 'unavailable');
    assert.equal((told as GuardContext | null)?.isLate, true);
  });
});
