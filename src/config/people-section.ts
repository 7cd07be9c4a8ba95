/** `admin.sessions` and `admin.accounts`: how people sign in to the admin plane. */
import { z } from 'zod';

import { durationField } from './duration.ts';

export const sessionsField = z
  .strictObject({
    idle: durationField({ min: '1m', max: '24h' }).prefault('30m').meta({
      description: 'A session that is not used for so long is over.',
    }),
    absolute: durationField({ min: '5m', max: '7d' }).prefault('12h').meta({
      description: 'So long after signing in a session is over, however it is used.',
    }),
  })
  .prefault({})
  .meta({ description: 'Sessions of people.' });

export const accountsField = z
  .strictObject({
    enabled: z.boolean().default(true).meta({
      description: 'People may sign in with a password of this gateway.',
    }),
    secondFactor: z.enum(['optional', 'required']).default('optional').meta({
      description: 'Required: who has no authenticator may do nothing but set one up.',
    }),
  })
  .prefault({})
  .meta({ description: 'Accounts of people that this gateway keeps.' });
