/** What is read in stretches is found wherever a stretch ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { secretSamples } from '../../../tests/support/secret-samples.ts';
import type { Guard } from './guard.ts';
import { scanWhole } from './guard.contract.ts';
import { piiGuard } from './pii/pii.ts';
import { secretsGuard } from './secrets.ts';
import { STRETCH_UNITS, TextUnits } from './text-units.ts';

test('the units of a text are its own, from any place on', () => {
  const units = new TextUnits();
  const text = 'aé漢😀b'.repeat(STRETCH_UNITS / 4);
  for (const from of [0, 1, STRETCH_UNITS - 1, text.length - 3]) {
    const read = units.read(text, from);
    const count = Math.min(STRETCH_UNITS, text.length - from);
    for (let at = 0; at < count; at += 1) {
      if (read[at] !== text.charCodeAt(from + at)) assert.fail(`${from} + ${at}`);
    }
  }
});

const key = secretSamples(11).find(({ category }) => category === 'anthropic-key')?.text ?? '';
const cases: readonly (readonly [string, Guard, string])[] = [
  ['secrets', secretsGuard.create({ allow: [] }), key],
  ['pii', piiGuard.create(piiGuard.config.parse({})), 'ann.example@example.org'],
];

for (const [name, guard, wanted] of cases) {
  test(`${name}: found at every place around the end of a stretch, and at the end of a text`, async () => {
    for (let start = STRETCH_UNITS - wanted.length - 4; start <= STRETCH_UNITS + 4; start += 1) {
      const text = `${'x '.repeat(start).slice(0, start - 1)} ${wanted}`;
      for (const whole of [text, `${text} and ${'more '.repeat(STRETCH_UNITS / 4)}`]) {
        const { findings } = await scanWhole(guard, whole, 'user');
        assert.deepEqual(
          findings.map((finding) => finding.start),
          [start],
          `at ${start} of ${whole.length}`,
        );
      }
    }
  });
}
