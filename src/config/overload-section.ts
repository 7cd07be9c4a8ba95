/** `server.overload`: what happens when there is more to do than can be done. */
import { z } from 'zod';

import { durationField } from './duration.ts';
import { whenObject } from './fields.ts';

const concurrency = z
  .strictObject({
    adaptive: z.boolean().default(true).meta({
      description:
        'Whether the calls that a deployment takes at once are learned from its time to first byte. False: always `max`.',
    }),
    min: z
      .int()
      .min(1)
      .max(4_096)
      .default(4)
      .meta({ description: 'Calls at once that a deployment is always trusted with.' }),
    max: z.int().min(1).max(4_096).default(1_024).meta({
      description:
        'Calls at once that a deployment gets at most, and begins with; never more than `connectionsMax` of its provider.',
    }),
  })
  .refine(({ min, max }) => min <= max, {
    path: ['max'],
    when: whenObject,
    error: 'max is less than min',
  });

const queue = z.strictObject({
  waitersMax: z.int().min(1).max(65_536).default(256).meta({
    description:
      'Calls that may wait at the door, and as many for each deployment. A tenant alone gets half of the places.',
  }),
  waitMax: durationField({ min: '1ms', max: '1s' })
    .prefault('1s')
    .meta({ description: 'How long a call may wait in a burst.' }),
  target: durationField({ min: '1ms', max: '1s' }).prefault('100ms').meta({
    description:
      'How long a call may wait when calls have waited longer than this for five times as long; the newest then come first.',
  }),
});

export const overloadSection = z
  .strictObject({
    callsMax: z.int().min(1).max(65_536).optional().meta({
      description:
        'Calls in work at once. A further one waits in fair order before its body is read. Default: `server.inFlightMax`.',
    }),
    concurrency: concurrency
      .prefault({})
      .meta({ description: 'How many calls a deployment gets at once.' }),
    queue: queue.prefault({}).meta({ description: 'How many calls wait, and how long.' }),
    memoryBytesMax: z.int().min(67_108_864).max(1_099_511_627_776).optional().meta({
      description:
        'The memory that stages are shares of. Default: the limit of the control group; without one, of the machine.',
    }),
    loopLagMax: durationField({ min: '10ms', max: '1m' }).prefault('500ms').meta({
      description:
        'Lateness of the event loop (p99) that counts as no time left, while it has no idle time.',
    }),
  })
  .meta({ description: 'What happens when there is more to do than can be done.' });

export type OverloadSection = z.output<typeof overloadSection>;
