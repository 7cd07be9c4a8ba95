/**
 * A clock that jumps, for one gateway of a drill: a file that Node reads before the program moves what
 * it says is the time. Nothing in the product knows of it, so nobody can move the time of a product.
 */
import { writeFileSync } from 'node:fs';

import type { DrillGateway } from './gateway.ts';
import type { Lab } from './lab.ts';
import { pause } from './wait.ts';

/** Two numbers of milliseconds: how far wall time was set, and how much time has passed. */
const PRELOAD = `
import { readFileSync } from 'node:fs';
const Real = Date;
const now = Real.now.bind(Real);
const monotonic = performance.now.bind(performance);
let [wall, passed] = [0, 0];
const read = () => {
  [wall = 0, passed = 0] = readFileSync(process.env.DRILL_CLOCK, 'utf8').split(' ').map(Number);
};
read();
process.on('SIGUSR2', read);
globalThis.Date = class Date extends Real {
  constructor(...args) {
    if (args.length === 0) super(now() + wall);
    else super(...args);
  }
  static now() {
    return now() + wall;
  }
};
performance.now = () => monotonic() + passed;
`;

const HEARD_MS = 150;

export class DrillClock {
  readonly #file: string;
  readonly #preload: string;
  #wallMs = 0;
  #passedMs = 0;

  constructor(lab: Lab) {
    this.#file = lab.path('clock');
    this.#preload = lab.path('clock.mjs');
    writeFileSync(this.#preload, PRELOAD, { mode: 0o600 });
    this.#write();
  }

  get env(): Readonly<Record<string, string>> {
    return { DRILL_CLOCK: this.#file };
  }

  get flags(): readonly string[] {
    return ['--import', this.#preload];
  }

  /** Somebody sets the clock, forwards or back. Timers and what measures time know nothing of it. */
  async set(gateway: DrillGateway, ms: number): Promise<void> {
    this.#wallMs += ms;
    await this.#tell(gateway);
  }

  /** Time passes: on all clocks. */
  async pass(gateway: DrillGateway, ms: number): Promise<void> {
    this.#wallMs += ms;
    this.#passedMs += ms;
    await this.#tell(gateway);
  }

  async #tell(gateway: DrillGateway): Promise<void> {
    this.#write();
    gateway.signal('SIGUSR2');
    await pause(HEARD_MS);
  }

  #write(): void {
    writeFileSync(this.#file, `${this.#wallMs} ${this.#passedMs}`, { mode: 0o600 });
  }
}
