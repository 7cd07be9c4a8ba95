/** `audit:` and `telemetry:` in the configuration. */
import { z } from 'zod';

import { durationField } from './duration.ts';
import { onlyField } from './fields.ts';
import { sinksSection, spoolBytesMax } from './sinks-section.ts';

export const auditSection = z
  .strictObject({
    onFailure: onlyField('deny', 'audit.onFailure').default('deny'),
    content: onlyField('none', 'audit.content').default('none'),
    retention: z
      .strictObject({
        metadata: durationField({ min: '1d', max: '3650d' })
          .prefault('400d')
          .meta({ description: 'How long records are kept.' }),
        content: durationField({ min: '1h', max: '3650d' })
          .prefault('30d')
          .meta({ description: 'How long content is kept, where it is kept at all.' }),
      })
      .prefault({}),
    sinks: sinksSection,
    spoolBytesMax,
  })
  .meta({ description: 'The append-only log of every decision.' });

export const telemetrySection = z
  .strictObject({
    prometheus: z.boolean().default(true).meta({ description: '/metrics on the admin listener.' }),
    otlp: onlyField(null, 'telemetry.otlp').default(null),
  })
  .meta({ description: 'Numbers for operators; never content.' });
