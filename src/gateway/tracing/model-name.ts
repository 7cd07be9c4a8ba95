import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

/** Names of models, as vendors write them. An answer that has another text there has no name. */
const MODEL = /^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}$/u;

export const isModelName = (value: unknown): value is string =>
  typeof value === 'string' && MODEL.test(value);

/** Where the events of a stream, and whole answers, say which model they are of. */
export function modelIn(wire: JsonObject): JsonValue | undefined {
  const { model, message, response } = wire;
  if (model !== undefined) return model;
  if (isJsonObject(message)) return message['model'];
  return isJsonObject(response) ? response['model'] : undefined;
}
