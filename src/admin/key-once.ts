/** A key as it is answered when it is made, and never again. */
import { z } from 'zod';

import type { KeyOnce } from './contract.ts';
import { keyView } from './views.ts';

export const keyOnce = z.strictObject({
  ...keyView.shape,
  key: z.string().meta({ description: 'The key. It is shown here and never again.' }),
}) satisfies z.ZodType<KeyOnce>;
