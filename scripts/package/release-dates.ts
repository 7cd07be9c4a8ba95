/**
 * `node scripts/package/release-dates.ts`: when each package of the lock was published, as the registry
 * says, into release-dates.tsv: what runs in production, and what builds and tests it, which could change it.
 * A version younger than seven days is refused: most packages that were taken over are found out within days,
 * and nobody here has to be first.
 *
 * A line has the day on which it was looked at, so that the age is checked offline and for ever, by
 * tests/packages/rel-02-supply-chain.test.ts. Lines that are there are not asked for again.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './bundle.ts';

export const DATES = join(import.meta.dirname, 'release-dates.tsv');
const AGE_DAYS_MIN = 7;
const DAY_MS = 86_400_000;

export interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
}
export type LockedPackages = Readonly<Record<string, LockedPackage>>;

export const lockedPackages = (): LockedPackages =>
  (
    JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      readonly packages: LockedPackages;
    }
  ).packages;

/** All that are not ours, the pinned Node and the dashboard's packages too: `name@version`. */
export function takenPackages(packages: LockedPackages): readonly string[] {
  const found = Object.entries(packages).flatMap(([path, one]) => {
    const name = path.split('node_modules/').at(-1) ?? '';
    const isOurs = !path.includes('node_modules/') || one.link === true;
    return isOurs ? [] : [`${name}@${one.version ?? ''}`];
  });
  return [...new Set(found)].sort();
}

export interface ReleaseLine {
  readonly publishedMs: number;
  readonly lookedAtMs: number;
}

export function readDates(text: string): ReadonlyMap<string, ReleaseLine> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [name = '', published = '', lookedAt = ''] = line.split('\t');
      return [name, { publishedMs: Date.parse(published), lookedAtMs: Date.parse(lookedAt) }];
    }),
  );
}

/** What is wrong with the dates; a date that cannot be read is wrong too. */
export function dateProblems(
  names: readonly string[],
  dates: ReadonlyMap<string, ReleaseLine>,
): readonly string[] {
  const young = names.flatMap((name) => {
    const line = dates.get(name);
    if (line === undefined) return [`${name}: no line; run scripts/package/release-dates.ts`];
    const days = (line.lookedAtMs - line.publishedMs) / DAY_MS;
    return days >= AGE_DAYS_MIN ? [] : [`${name}: published less than ${AGE_DAYS_MIN} days before`];
  });
  const gone = [...dates.keys()].filter((name) => !names.includes(name));
  return [...young, ...gone.map((name) => `${name}: a line for what is not in the lock`)];
}

function publishedAt(nameAndVersion: string): string {
  const at = nameAndVersion.lastIndexOf('@');
  const ran = spawnSync('npm', ['view', nameAndVersion.slice(0, at), 'time', '--json'], {
    encoding: 'utf8',
  });
  const times = ran.status === 0 ? (JSON.parse(ran.stdout) as Record<string, unknown>) : {};
  const published = times[nameAndVersion.slice(at + 1)];
  if (typeof published !== 'string')
    throw new Error(`${nameAndVersion}: the registry says no time`);
  return new Date(published).toISOString();
}

if (import.meta.main) {
  const before = existsSync(DATES)
    ? readDates(readFileSync(DATES, 'utf8'))
    : new Map<string, ReleaseLine>();
  const now = new Date().toISOString();
  const rows = takenPackages(lockedPackages()).map((name) => {
    const known = before.get(name);
    if (known === undefined) return [name, publishedAt(name), now];
    return [name, ...[known.publishedMs, known.lookedAtMs].map((ms) => new Date(ms).toISOString())];
  });
  const head = '# package\tpublished\tlooked at; made by scripts/package/release-dates.ts\n';
  const text = `${head}${rows.map((row) => row.join('\t')).join('\n')}\n`;
  const problems = dateProblems(
    rows.map(([name = '']) => name),
    readDates(text),
  );
  if (problems.length > 0) {
    process.stderr.write(`${problems.join('\n')}\n`);
    process.exit(1);
  }
  writeFileSync(DATES, text);
}
