/**
 * Fields of a stored document that this program does not read: a newer one that works on the same store
 * has put them there. Who changes a record writes it whole, so without care an older program would
 * take them away. They are carried over instead, within objects at any depth; entries of lists have no
 * names to be found again by, so theirs are lost: `SchemaStep.compatibleFrom` says what follows.
 */
import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';

/**
 * `next` with what `before` has beside the fields that were read of it.
 * @param before the document as it is stored, JSON
 * @param read what the schema of this program reads of `before`
 * @param next the record that takes its place
 */
export function withUnread(before: string, read: unknown, next: unknown): string {
  const stored = parseJson(before);
  const written = JSON.stringify(next);
  if (!isJsonObject(stored) || !hasUnread(stored, read)) return written;
  const whole = parseJson(written);
  return JSON.stringify(isJsonObject(whole) ? carried(stored, read, whole) : whole);
}

/** Almost always nothing: then the document is not taken apart. */
function hasUnread(stored: JsonObject, read: unknown): boolean {
  if (!isJsonObject(read)) return false;
  return Object.entries(stored).some(([name, value]) => {
    if (!Object.hasOwn(read, name)) return true;
    return isJsonObject(value) && hasUnread(value, read[name]);
  });
}

function carried(stored: JsonObject, read: unknown, next: JsonObject): JsonObject {
  if (!isJsonObject(read)) return next;
  const out: JsonObject = { ...next };
  for (const [name, value] of Object.entries(stored)) {
    const written = next[name];
    if (!Object.hasOwn(read, name)) {
      if (written === undefined) out[name] = value;
    } else if (isJsonObject(value) && isJsonObject(written)) {
      out[name] = carried(value, read[name], written);
    }
  }
  return out;
}
