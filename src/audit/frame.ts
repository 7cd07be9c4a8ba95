/**
 * One record on disk: header | chained bytes | personal bytes.
 *
 * The chained bytes are canonical JSON and are what the hash chain covers; personal values enter it
 * as commitments. The personal bytes hold salts and values and are outside the chain, so that they
 * can be overwritten with zeros in place. Header, little endian: chained length, CRC-32 of chained
 * bytes, personal length, CRC-32 of personal bytes (0 marks erased ones).
 */
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { Fault } from '#domain/fault.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '#stdx/json.ts';

import { opens, sealIfAny, sealPersons } from './commitment.ts';
import type { AuditFiles } from './file-port.ts';
import type { AuditDraft, AuditRecord, Stamp } from './record.ts';
import { personalText, recordText } from './record-text.ts';

export const HEADER_BYTES = 16;
export const CHAINED_BYTES_MAX = 256 * 1_024;
export const PERSONAL_BYTES_MAX = 64 * 1_024;
export const FRAME_BYTES_MAX = HEADER_BYTES + CHAINED_BYTES_MAX + PERSONAL_BYTES_MAX;

export interface FrameText {
  readonly chained: string;
  readonly personal: string;
}

/** The two texts of a record. Commitments get fresh salts each time it is called. */
export function frameText(draft: AuditDraft, stamp: Stamp): FrameText {
  const { user, endUser, ip } = draft.sealed ?? sealPersons(draft);
  const digests = draft.guards?.map(({ textDigest }) => sealIfAny(textDigest));
  const seals = { user, endUser, ip, digests };
  return { chained: recordText(draft, stamp, seals), personal: personalText(seals) };
}

const PERSONAL_NAMES = ['endUser', 'ip', 'user'] as const;

/** Writes a frame at `offset`; `into` has room for `FRAME_BYTES_MAX`. Returns its ends. */
export function writeFrame(
  into: Buffer,
  offset: number,
  { chained, personal }: FrameText,
): FrameEnds {
  // The worst case of UTF-8 is three bytes a unit: this bound spares counting the usual case.
  if (chained.length * 3 > CHAINED_BYTES_MAX || personal.length * 3 > PERSONAL_BYTES_MAX) {
    assertFits(chained, personal);
  }
  const chainedStart = offset + HEADER_BYTES;
  const personalStart = chainedStart + into.write(chained, chainedStart, 'utf8');
  const end = personalStart + into.write(personal, personalStart, 'utf8');
  into.writeUInt32LE(personalStart - chainedStart, offset);
  into.writeUInt32LE(crc32(into.subarray(chainedStart, personalStart)), offset + 4);
  into.writeUInt32LE(end - personalStart, offset + 8);
  into.writeUInt32LE(
    end === personalStart ? 0 : crc32(into.subarray(personalStart, end)),
    offset + 12,
  );
  return { chainedStart, personalStart, end };
}

export interface FrameEnds {
  readonly chainedStart: number;
  readonly personalStart: number;
  readonly end: number;
}

function assertFits(chained: string, personal: string): void {
  const isTooLong =
    Buffer.byteLength(chained) > CHAINED_BYTES_MAX ||
    Buffer.byteLength(personal) > PERSONAL_BYTES_MAX;
  if (isTooLong) throw new Fault('audit-failed', 'an audit record is longer than a frame');
}

/** What the next record carries as `prev`. */
export const chainHash = (chained: Uint8Array): string => hash('sha256', chained, 'hex');

export interface Resolved {
  /** Personal fields carry their values; those that were erased are left out. */
  readonly record: AuditRecord;
  readonly erased: readonly string[];
  /** False: a value that is there is not the one that was committed to. */
  readonly isOpened: boolean;
}

/** The full record of a frame, or `undefined` when the chained bytes are not one. */
export function resolveFrame(chained: Buffer, personal: Buffer | null): Resolved | undefined {
  const fields = parseJson(chained.toString('utf8'));
  if (!isJsonObject(fields) || !isAuditRecord(fields)) return undefined;
  const { erased, isOpened } = openPersonal(fields, personal);
  return { record: fields, erased, isOpened };
}

/** Whether every personal value that is there is the one that was committed to. Changes `fields`. */
export const personalOpens = (fields: JsonObject, personal: Buffer | null): boolean =>
  openPersonal(fields, personal).isOpened;

/** The stamp is what a reader relies on; everything else was typed when it was written. */
const isAuditRecord = (fields: JsonObject): fields is JsonObject & AuditRecord =>
  typeof fields['seq'] === 'number' &&
  typeof fields['epoch'] === 'number' &&
  typeof fields['writer'] === 'string' &&
  typeof fields['prev'] === 'string' &&
  typeof fields['at'] === 'string' &&
  typeof fields['kind'] === 'string';

/** Puts values in the place of their commitments. `null`: the personal part was erased. */
function openPersonal(
  fields: JsonObject,
  personal: Buffer | null,
): { erased: string[]; isOpened: boolean } {
  const erased: string[] = [];
  let pairs: JsonObject = {};
  if (personal !== null && personal.length > 0) {
    const values = parseJson(personal.toString('utf8'));
    if (!isJsonObject(values)) return { erased, isOpened: false };
    pairs = values;
  }
  let isOpened = true;
  for (const name of PERSONAL_NAMES) {
    const outcome = openInto(fields, name, pairs[name]);
    if (outcome === 'erased') erased.push(name);
    if (outcome === 'wrong') isOpened = false;
  }
  if (!openGuards(fields['guards'], pairs['guards'], erased)) isOpened = false;
  // Taking a value out of the personal part is not erasing: that takes all of it, and marks it.
  return { erased, isOpened: isOpened && (personal === null || erased.length === 0) };
}

type Opening = 'absent' | 'opened' | 'erased' | 'wrong';

function openInto(holder: JsonObject, name: string, pair: JsonValue | undefined): Opening {
  const commitment = holder[name];
  if (commitment === undefined) return pair === undefined ? 'absent' : 'wrong';
  if (pair === undefined || pair === null) {
    delete holder[name];
    return 'erased';
  }
  const [salt, value] = Array.isArray(pair) ? pair : [];
  if (typeof salt !== 'string' || typeof value !== 'string') return 'wrong';
  if (typeof commitment !== 'string' || !opens(commitment, salt, value)) return 'wrong';
  holder[name] = value;
  return 'opened';
}

function openGuards(
  guards: JsonValue | undefined,
  pairs: JsonValue | undefined,
  erased: string[],
): boolean {
  if (!Array.isArray(guards)) return pairs === undefined;
  const list = Array.isArray(pairs) ? pairs : [];
  let isOpened = list.length === 0 || list.length === guards.length;
  for (let index = 0; index < guards.length; index += 1) {
    const guard = guards[index];
    if (!isJsonObject(guard)) continue;
    const outcome = openInto(guard, 'textDigest', list[index] ?? undefined);
    if (outcome === 'erased') erased.push(`guards[${index}].textDigest`);
    if (outcome === 'wrong') isOpened = false;
  }
  return isOpened;
}

/**
 * Destroys the personal part of one frame, in place and on the disk. The mark goes first: a crash in
 * between leaves a frame that reads as erased and can be erased again.
 */
export async function eraseFrame(files: AuditFiles, path: string, offset: number): Promise<void> {
  const file = files.open(path, 'edit');
  try {
    blankPersonal(files, file, offset);
    await files.datasync(file);
  } finally {
    files.close(file);
  }
}

/** The same in a file that is open, which the caller syncs. Throws `Fault('audit-failed')`. */
export function blankPersonal(files: AuditFiles, file: number, offset: number): void {
  const header = Buffer.alloc(HEADER_BYTES);
  if (files.read(file, header, offset) !== HEADER_BYTES)
    throw new Fault('audit-failed', 'no frame to erase');
  const start = offset + HEADER_BYTES + header.readUInt32LE(0);
  const personalBytes = header.readUInt32LE(8);
  if (personalBytes > PERSONAL_BYTES_MAX || start + personalBytes > files.size(file)) {
    throw new Fault('audit-failed', 'no frame to erase');
  }
  writeAll(files, file, Buffer.alloc(4), offset + 12);
  writeAll(files, file, Buffer.alloc(personalBytes), start);
}

function writeAll(files: AuditFiles, file: number, bytes: Buffer, position: number): void {
  let done = 0;
  while (done < bytes.length) {
    const written = files.write(file, bytes.subarray(done), position + done);
    if (written === 0) throw new Fault('audit-failed', 'the personal part was not overwritten');
    done += written;
  }
}
