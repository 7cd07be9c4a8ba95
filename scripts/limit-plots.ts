/**
 * Plots of what each algorithm of limits does with the same calls, for docs/guides/limits.md. They are
 * drawn from the algorithms themselves; tests/docs-drift.test.ts fails when a picture is not what is
 * drawn here.
 *
 *   node scripts/limit-plots.ts
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { count, openWindow, slide, sliceMsOf } from '#policy/limiters/sliding-window.ts';
import { rateOf } from '#policy/limiters/rate.ts';
import { debtAt, draw, emptyDebt, fits, unitsLeft } from '#policy/limiters/token-bucket.ts';

export const PLOTS = join(import.meta.dirname, '..', 'docs', 'guides', 'plots');

const WIDTH = 720;
const HEIGHT = 210;
const LEFT = 44;
const RIGHT = 12;
const TOP = 30;
const BOTTOM = 34;
const SECONDS = 60;

/** The same calls for all: two bursts, and a steady stream that is faster than the limit. */
const CALLS: readonly number[] = [
  ...Array.from({ length: 14 }, (_, index) => 2_000 + index * 60),
  ...Array.from({ length: 40 }, (_, index) => 14_000 + index * 600),
  ...Array.from({ length: 14 }, (_, index) => 52_000 + index * 60),
];

interface Told {
  readonly atMs: number;
  /** When it went on; null: it was refused. */
  readonly onMs: number | null;
}

interface Plot {
  readonly title: string;
  readonly unit: string;
  readonly max: number;
  /** What the limit holds, at moments. */
  readonly line: readonly (readonly [ms: number, value: number])[];
  readonly calls: readonly Told[];
}

const STEP_MS = 100;
const steps = (): number[] =>
  Array.from({ length: (SECONDS * 1_000) / STEP_MS + 1 }, (_, index) => index * STEP_MS);

function tokenBucket(): Plot {
  const rate = rateOf(60, 60_000, 10);
  const bucket = emptyDebt(rate, 0);
  const line: [number, number][] = [];
  const calls: Told[] = [];
  for (const nowMs of steps()) {
    for (const atMs of callsAt(nowMs)) {
      const isTaken = fits(debtAt(bucket, rate, nowMs), 1, rate);
      if (isTaken) draw(bucket, 1, rate, nowMs);
      calls.push({ atMs, onMs: isTaken ? nowMs : null });
    }
    line.push([nowMs, unitsLeft(debtAt(bucket, rate, nowMs), rate)]);
  }
  const title = 'token-bucket, requests: 60/1m, burst: 10';
  return { title, unit: 'left', max: 10, line, calls };
}

function slidingWindow(): Plot {
  const [limit, windowMs] = [10, 10_000];
  const window = openWindow(sliceMsOf(windowMs), 0);
  const line: [number, number][] = [];
  const calls: Told[] = [];
  for (const nowMs of steps()) {
    slide(window, nowMs);
    for (const atMs of callsAt(nowMs)) {
      const isTaken = window.used < limit;
      if (isTaken) count(window, 1);
      calls.push({ atMs, onMs: isTaken ? nowMs : null });
    }
    line.push([nowMs, limit - window.used]);
  }
  const title = 'sliding-window, requests: 10/10s';
  return { title, unit: 'left', max: limit, line, calls };
}

/** What `Line` of leaky-bucket.ts does for one caller: one goes on each second, eight may wait. */
function leakyBucket(): Plot {
  const [everyMs, queue] = [1_000, 8];
  const line: [number, number][] = [];
  const calls: Told[] = [];
  const waiting: number[] = [];
  let nextMs = 0;
  for (const nowMs of steps()) {
    for (const atMs of callsAt(nowMs)) {
      if (waiting.length >= queue) calls.push({ atMs, onMs: null });
      else waiting.push(atMs);
    }
    const first = nowMs >= nextMs ? waiting.shift() : undefined;
    if (first !== undefined) {
      calls.push({ atMs: first, onMs: nowMs });
      nextMs = nowMs + everyMs;
    }
    line.push([nowMs, waiting.length]);
  }
  const title = 'leaky-bucket, requests: 60/1m, queue: 8';
  return { title, unit: 'waiting', max: queue, line, calls };
}

/** Each call takes four seconds; five may run at once. */
function concurrency(): Plot {
  const [limit, lengthMs] = [5, 4_000];
  const line: [number, number][] = [];
  const calls: Told[] = [];
  let ends: number[] = [];
  for (const nowMs of steps()) {
    ends = ends.filter((endMs) => endMs > nowMs);
    for (const atMs of callsAt(nowMs)) {
      const isTaken = ends.length < limit;
      if (isTaken) ends.push(nowMs + lengthMs);
      calls.push({ atMs, onMs: isTaken ? nowMs : null });
    }
    line.push([nowMs, ends.length]);
  }
  return {
    title: 'concurrency: 5, calls of four seconds',
    unit: 'running',
    max: limit,
    line,
    calls,
  };
}

const callsAt = (nowMs: number): readonly number[] =>
  CALLS.filter((atMs) => atMs > nowMs - STEP_MS && atMs <= nowMs);

const x = (ms: number): number => LEFT + (ms / (SECONDS * 1_000)) * (WIDTH - LEFT - RIGHT);

function svgOf({ title, unit, max, line, calls }: Plot): string {
  const base = HEIGHT - BOTTOM;
  const y = (value: number): number => base - (value / max) * (base - TOP - 24);
  const at = (value: number): string => value.toFixed(1);
  let path = `M${at(x(0))} ${at(y(line[0]?.[1] ?? 0))}`;
  for (const [ms, value] of line) path += `H${at(x(ms))}V${at(y(value))}`;
  const marks = calls.map(({ atMs, onMs }) =>
    onMs === null
      ? `<path class="no" d="M${at(x(atMs) - 2)} 38l4 8m0 -8l-4 8"/>`
      : `<path class="ok" d="M${at(x(onMs))} 38v8"/>`,
  );
  const seconds = [0, 10, 20, 30, 40, 50, 60].map(
    (second) => `<text x="${at(x(second * 1_000))}" y="${HEIGHT - 12}">${second} s</text>`,
  );
  const taken = calls.filter(({ onMs }) => onMs !== null).length;
  const told = `${title}: ${taken} of ${calls.length} calls go on`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${told}">
<style>
text{font:12px sans-serif;fill:#57606a;text-anchor:middle}
.title{text-anchor:start;font-weight:600}
.axis{stroke:#8c959f;stroke-width:1;fill:none}
.line{stroke:#0969da;stroke-width:2;fill:none}
.ok{stroke:#1a7f37;stroke-width:2}
.no{stroke:#cf222e;stroke-width:1.5;fill:none}
@media (prefers-color-scheme:dark){text{fill:#9198a1}.line{stroke:#4493f8}.ok{stroke:#3fb950}.no{stroke:#f85149}}
</style>
<text class="title" x="${LEFT}" y="20">${told}</text>
<path class="axis" d="M${LEFT} ${TOP + 24}V${base}H${WIDTH - RIGHT}"/>
<text x="${LEFT - 14}" y="${at(y(max) + 4)}">${max}</text>
<text x="${LEFT - 14}" y="${base + 4}">0</text>
<text x="${LEFT - 6}" y="${HEIGHT - 12}">${unit}</text>
${seconds.slice(1).join('\n')}
<path class="line" d="${path}"/>
${marks.join('\n')}
</svg>
`;
}

export const limitPlots: Readonly<Record<string, () => string>> = {
  'token-bucket.svg': () => svgOf(tokenBucket()),
  'sliding-window.svg': () => svgOf(slidingWindow()),
  'leaky-bucket.svg': () => svgOf(leakyBucket()),
  'concurrency.svg': () => svgOf(concurrency()),
};

if (import.meta.main) {
  mkdirSync(PLOTS, { recursive: true });
  for (const [name, draws] of Object.entries(limitPlots)) writeFileSync(join(PLOTS, name), draws());
}
