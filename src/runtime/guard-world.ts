/** What guards may use of the world, for one configuration: ways to services, and threads. */
import type { GuardWorldWithin } from '#config/guards-section.ts';
import type { Custody } from '#custody/custody.ts';
import { GuardPort } from '#gateway/guard-http.ts';
import type { Clock } from '#stdx/clock.ts';
import type { Log } from '#telemetry/log.ts';

import { ClassifierPort } from './classifier/classifier-port.ts';
import { findPackages } from './classifier/find-packages.ts';
import { secretOf } from './secret-of.ts';
import type { OpenToolPins } from './tool-pins.ts';

export interface GuardWays {
  readonly within: GuardWorldWithin;
  /** Resolves when every thread answers; rejects with a `ConfigProblem` where one never will. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

export interface GuardWaysPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly dataDir: string;
  readonly pins: OpenToolPins;
  readonly custody: Custody;
}

export function openGuardWays({ clock, log, dataDir, pins, custody }: GuardWaysPorts): GuardWays {
  const ports: GuardPort[] = [];
  const classifiers: ClassifierPort[] = [];
  return {
    within: (timeoutMs, name) => ({
      pins,
      http({ apiKey, ...options }) {
        const held = { owner: `guard/${name}`, purpose: 'apiKey' } as const;
        const secret =
          apiKey === null ? null : secretOf(custody, apiKey, held, new URL(options.url).origin);
        const port = new GuardPort({ ...options, secret }, timeoutMs, clock);
        ports.push(port);
        return port;
      },
      classifier(options) {
        const packages = findPackages(options.runtime, [process.cwd(), dataDir]);
        const onEvent = (reason: string): void =>
          log.write('error', 'classifier', { path: options.model, reason });
        const thread = { ...options, packages };
        const classifier = new ClassifierPort({ thread, timeoutMs, onEvent });
        classifiers.push(classifier);
        return classifier;
      },
    }),
    async ready() {
      await Promise.all(classifiers.map((classifier) => classifier.ready()));
    },
    async close() {
      pins.close();
      await Promise.all([...ports, ...classifiers].map((port) => port.close()));
    },
  };
}
