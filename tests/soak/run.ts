/**
 * The scenario for as long as you say, with blows at random: `npm run soak -- --minutes 480`.
 *
 * The seed is printed; `--seed N` strikes the same blows again. Exit code 0: nothing was lost.
 */
import { parseArgs } from 'node:util';

import { blows } from './chaos.ts';
import { runScenario } from './scenario.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  process.stderr.write('soak: write --minutes N, more than 0, and --seed N, a whole number\n');
  process.exit(2);
}

/** Small and repeatable (a linear congruential generator); nothing secret comes of it. */
let state = seed >>> 0;
const next = (): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * blows.length);
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);
/** What a round has seen is kept in memory until it is checked: an hour of it is some hundred megabytes. */
const ROUND_MINUTES_MAX = 60;

say(`soak: ${minutes} minutes, seed ${seed}, checked every ${ROUND_MINUTES_MAX} at the latest`);
for (let left = minutes; left > 0; left -= ROUND_MINUTES_MAX) {
  const ms = Math.min(left, ROUND_MINUTES_MAX) * 60_000;
  say(JSON.stringify(await runScenario({ ms, next, say }), null, 2));
}
process.exit(0);
