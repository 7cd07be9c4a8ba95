/** `llmproxy.schema.json`: the schema of the configuration for editors, JSON Schema 2020-12. */
import { z } from 'zod';

import { assert } from '#stdx/assert.ts';
import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';

import { configSchema } from './config.ts';

let made: JsonObject | null = null;

/** Made once: the schema does not change while the program runs. Do not change what you get. */
export function configJsonSchema(): JsonObject {
  if (made !== null) return made;
  const schema = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-2020-12' });
  const plain = parseJson(JSON.stringify(schema));
  assert(isJsonObject(plain), 'a JSON Schema is an object');
  made = plain;
  return plain;
}
