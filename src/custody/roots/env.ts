/** `type: env`: the root key in a variable of the environment, as orchestrators hand out secrets. */
import { z } from 'zod';

import { ConfigProblem } from '#stdx/config-problem.ts';

import { rootKeyBytes } from './file.ts';
import { localRoot } from './local-root.ts';
import { defineRoot, type RootPorts } from './root.ts';

const nameField = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,255}$/u, 'write the name of a variable, without $ and braces');

export const envRoot = defineRoot({
  type: 'env',
  description: 'A variable of the environment: 64 hexadecimal digits (`openssl rand -hex 32`).',
  config: z.strictObject({
    type: z.literal('env'),
    variable: nameField.meta({ description: 'The name of the variable.' }),
    previous: nameField.optional().meta({
      description: 'The variable with the key before it, until everything is wrapped anew.',
    }),
  }),
  create({ variable, previous }, { env }) {
    const newest = keyOf('variable', variable, env);
    const older = previous === undefined ? [] : [keyOf('previous', previous, env)];
    return localRoot(() => [newest, ...older]);
  },
});

function keyOf(field: string, name: string, env: RootPorts['env']): Buffer {
  const text = env[name];
  if (text === undefined) {
    throw new ConfigProblem([field], `the environment has no ${name}: set it, as 64 hex digits`);
  }
  if (!/^[0-9a-fA-F]{64}$/u.test(text.trim())) {
    throw new ConfigProblem(
      [field],
      `${name} is not 64 hex digits: \`openssl rand -hex 32\` draws them`,
    );
  }
  try {
    return rootKeyBytes(Buffer.from(text.trim(), 'hex'));
  } catch (thrown) {
    if (thrown instanceof ConfigProblem) throw new ConfigProblem([field], thrown.message);
    throw thrown;
  }
}
