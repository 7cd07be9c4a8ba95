/** A signed log in a folder, and ways to alter it as somebody with access to the disk would. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';

import { diskFiles } from '#audit/file-port.ts';
import { chainHash, FRAME_BYTES_MAX, writeFrame } from '#audit/frame.ts';
import { FrameReader } from '#audit/frame-reader.ts';
import { type Published, Sequencer } from '#audit/merkle/sequencer.ts';
import { type NoteSigner, noteSigner } from '#audit/merkle/signed-note.ts';
import { NO_PREVIOUS } from '#audit/record.ts';
import { listSegments } from '#audit/segment.ts';
import { openAuditLog } from '#audit/writer.ts';
import { canonicalJson, isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';

export const ORIGIN = 'example.com/audit';

export const newSigner = (name = ORIGIN, type: 1 | 4 = 1): NoteSigner => {
  const { privateKey } = generateKeyPairSync('ed25519');
  return noteSigner(name, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), type);
};

export interface SignedLog {
  readonly dir: string;
  readonly signer: NoteSigner;
  /** Every checkpoint, the oldest first. */
  readonly published: readonly Published[];
  /** The folder as it was at the first checkpoint. */
  readonly early: string;
}

export interface Shape {
  readonly records?: number;
  readonly checkpoints?: number;
  readonly segmentBytes?: number;
  readonly user?: string;
  readonly signer?: NoteSigner;
  readonly origin?: string;
}

/** Records of a writer `w`, in several segments, signed as they come and at the end. */
export async function signedLog(root: string, shape: Shape = {}): Promise<SignedLog> {
  const { records = 300, checkpoints = 4, segmentBytes = 20_000, user = 'ann' } = shape;
  const { origin = ORIGIN, signer = newSigner(origin) } = shape;
  const dir = join(root, 'audit');
  const early = join(root, 'early');
  const lock = () => ({ release() {} });
  const limits = { ballastBytes: 512, segmentBytesMax: segmentBytes };
  const log = await openAuditLog({ dir, writer: 'w', lock, limits });
  const sequencer = sequencerOf(dir, signer, () => log.status().syncedSeq, origin);
  const published: Published[] = [];
  const publish = async (): Promise<void> => {
    const one = await sequencer.publish();
    if (one !== null) published.push(one);
  };
  for (let at = 0; at < records; at += 1) {
    await log.append(draftOf(at, user));
    if (at % 16 === 15) await log.flush();
    if ((at + 1) % Math.floor(records / checkpoints) !== 0) continue;
    await log.flush();
    await publish();
    const last = published.at(-1);
    await log.append({ kind: 'system', action: 'checkpoint', diff: { size: last?.size ?? 0 } });
    if (published.length === 1) cpSync(dir, early, { recursive: true });
  }
  await log.close();
  await publish();
  sequencer.close();
  return { dir, signer, published, early };
}

const draftOf = (at: number, user: string) =>
  ({
    kind: at % 2 === 0 ? 'admit' : 'complete',
    requestId: `req_${Math.floor(at / 2)}`,
    tenant: 'acme',
    user,
    ip: '198.51.100.27',
  }) as const;

export const sequencerOf = (
  dir: string,
  signer: NoteSigner,
  syncedSeq: () => number = () => Number.MAX_SAFE_INTEGER,
  origin: string = ORIGIN,
): Sequencer =>
  new Sequencer({ files: diskFiles, dir, origin, signers: () => [signer], syncedSeq });

export interface Framed {
  readonly segment: string;
  readonly offset: number;
  readonly bytes: number;
  readonly fields: JsonObject;
  readonly personal: string;
}

/** Every frame of a folder, in the order of the chain. */
export function framesOf(dir: string): Framed[] {
  const frames: Framed[] = [];
  for (const { path, fileName } of listSegments(diskFiles, dir)) {
    const reader = new FrameReader(diskFiles, path);
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
      const fields = parseJson(frame.chained.toString('utf8'));
      if (!isJsonObject(fields)) throw new Error('a frame of the fixture is no record');
      const personal = frame.personal?.toString('utf8') ?? '';
      frames.push({
        segment: fileName,
        offset: frame.offset,
        bytes: frame.bytes,
        fields,
        personal,
      });
    }
    reader.close();
  }
  return frames;
}

/** Writes records as an insider would who knows the format: numbers, hashes and checksums are right. */
export function rewrite(dir: string, frames: readonly Framed[]): void {
  const scratch = Buffer.alloc(FRAME_BYTES_MAX);
  const files = new Map<string, Buffer[]>();
  let prev = NO_PREVIOUS;
  let seq = 0;
  for (const { segment, fields, personal } of frames) {
    seq += 1;
    const chained = canonicalJson({ ...fields, seq, prev });
    const { end } = writeFrame(scratch, 0, { chained, personal });
    prev = chainHash(Buffer.from(chained, 'utf8'));
    files.set(segment, [...(files.get(segment) ?? []), Buffer.from(scratch.subarray(0, end))]);
  }
  for (const [segment, parts] of files) writeFileSync(join(dir, segment), Buffer.concat(parts));
}

/** A copy that is put back, whatever the alteration did. */
export function altered<T>(good: string, copy: string, work: (dir: string) => T): T {
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(dirname(copy), { recursive: true });
  cpSync(good, copy, { recursive: true });
  return work(copy);
}

export function editFile(path: string, edit: (bytes: Buffer) => Buffer): void {
  writeFileSync(path, edit(readFileSync(path)));
}
