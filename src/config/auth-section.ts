/** `auth:` in the configuration: which proofs of identity are accepted. */
import { z } from 'zod';

import { laterField } from './fields.ts';
import { jwtSection } from './jwt-section.ts';

export const authSection = z
  .strictObject({
    apiKeys: z
      .strictObject({
        enabled: z.boolean().default(true).meta({ description: 'Accept keys of this gateway.' }),
      })
      .prefault({}),
    jwt: jwtSection,
    introspection: laterField('auth.introspection'),
  })
  .meta({ description: 'How callers prove who they are.' });
