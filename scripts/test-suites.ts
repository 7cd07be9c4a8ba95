/** The suites of `npm test`, in their order: what they run, how much of it at once, and what is begun first. */
import { globSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

export interface Suite {
  readonly name: string;
  readonly kind: 'check' | 'tests';
  readonly command: readonly string[];
  readonly files?: readonly string[];
  /** Files at once. What measures time has the machine to itself; what mostly waits has more. */
  readonly atOnce?: number;
  /** What asks a disk for something: its speed, or how it fails. The others write into memory. */
  readonly isOnDisk?: boolean;
  /** Files that leave nothing behind share so many processes: most of what a small one takes is its start. */
  readonly shares?: number;
  /** Begun before the others: whatever takes a minute would be alone at the end, with a core idle. */
  readonly longest?: readonly string[];
  /** Its tests start the program: what is built, where a test that is run alone starts the source. */
  readonly starts?: boolean;
}

const bin = (name: string): string => join(root, 'node_modules', '.bin', name);
const check = (name: string, ...command: string[]): Suite => ({ name, kind: 'check', command });
const tests = (name: string, ...patterns: string[]): Suite => ({
  name,
  kind: 'tests',
  command: [],
  files: patterns.flatMap((pattern) => globSync(pattern, { cwd: root })).sort(),
});

const started = (name: string, pattern: string): Suite => ({
  ...tests(name, pattern),
  starts: true,
});

const SOURCES = ['src', 'tests', 'bench', 'scripts', 'web/src'];

export const suites: readonly Suite[] = [
  check('types', process.execPath, bin('tsc'), '-p', '.'),
  check('types-web', process.execPath, bin('tsc'), '-p', 'web'),
  check(
    'lint',
    bin('oxlint'),
    '--type-aware',
    '-c',
    '.oxlintrc.json',
    '--deny-warnings',
    ...SOURCES,
  ),
  check('format', bin('oxfmt'), '--check', ...SOURCES),
  tests('architecture', 'tests/*.test.ts'),
  { ...tests('unit', 'src/**/*.test.ts'), shares: 8 },
  tests('conformance', 'tests/conformance/*.test.ts'),
  {
    ...started('attacks', 'tests/attacks/*.test.ts'),
    atOnce: 3,
    shares: 8,
    longest: [
      'ten-01-two-tenants',
      'ten-03-mixed-streams',
      'ui-01-requests',
      'auth-12-password-guessing',
    ],
  },
  { ...started('stores', 'tests/stores/*.test.ts'), atOnce: 3 },
  {
    ...started('faults', 'tests/faults/!(load-*|rst-01*|rst-05*).test.ts'),
    atOnce: 3,
    isOnDisk: true,
    longest: [
      'aud-01-kill-gateway',
      'dep-01-gateway-without-counters',
      'rst-03-workers',
      'bud-01-two-gateways',
      'dep-03-counters-lost',
      'dep-06-postgres',
      'dep-09-other-dependencies',
    ],
  },
  // A balancer takes a gateway for gone that does not answer for two seconds: nothing else is beside them.
  { ...started('rolling', 'tests/faults/@(rst-01*|rst-05*).test.ts'), isOnDisk: true },
  { ...started('load', 'tests/faults/load-*.test.ts'), atOnce: 1, isOnDisk: true },
  { ...started('soak', 'tests/soak/*.test.ts'), atOnce: 1, isOnDisk: true },
  {
    ...started('e2e', 'tests/e2e/*.test.ts'),
    atOnce: 3,
    shares: 8,
    longest: [
      'dashboard-pages',
      'audit-content',
      'dashboard-tasks',
      'postgres-storage',
      'workers',
      'dashboard-newcomer',
      'dashboard-requests',
      'dashboard-numbers',
      'dashboard-language',
    ],
  },
  // They build into one folder, and what they install is installed once.
  { ...started('packages', 'tests/packages/*.test.ts'), atOnce: 1, isOnDisk: true },
];
