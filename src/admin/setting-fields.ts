/** Changes of settings, as a body of this API says them. */
import { z } from 'zod';

import { modelField, nameField } from '#config/fields.ts';
import { settingSections } from '#config/settings.ts';
import { assert } from '#stdx/assert.ts';
import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';

import type { Change } from './settings-port.ts';

const CHANGES_MAX = 100;
const text = z.string();

export const section = z.enum(settingSections);
/** Names of models are longer than others; the configuration's own check says what each may be. */
export const settingName = z.union([nameField, modelField]);
export const value = z.record(text.max(256), z.unknown()).meta({
  description:
    'As the configuration file would say it, without its name. A secret is shown as `[secret]`; sent so, or left out, it stays as it is; null takes it out.',
});

/** A body was read as JSON, so that its parts are. */
export function jsonOf(said: unknown): JsonObject {
  const read = parseJson(JSON.stringify(said));
  assert(isJsonObject(read), 'the schema lets only objects through');
  return read;
}

export const changesBody = z.strictObject({
  changes: z
    .array(
      z.strictObject({
        section,
        name: settingName,
        value: value.nullable().meta({ description: 'Null takes the entry out.' }),
        version: z.int().min(1).optional().meta({
          description: 'That was read, of an entry that exists.',
        }),
      }),
    )
    .min(1)
    .max(CHANGES_MAX),
});

export const changesOf = ({ changes }: z.output<typeof changesBody>): Change[] =>
  changes.map(({ value: said, ...wanted }) => ({
    ...wanted,
    value: said === null ? null : jsonOf(said),
  }));
