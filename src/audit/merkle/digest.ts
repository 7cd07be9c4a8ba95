/**
 * The hashes of a Merkle tree (RFC 6962, 2.1): SHA-256 with a byte in front that tells a leaf from a
 * node, so that nobody can pass one off as the other.
 *
 * A digest is a string of 32 characters, one a byte: as a Buffer each costs three times as much.
 */
import { hash } from 'node:crypto';

export type Digest = string;

export const DIGEST_BYTES = 32;
/** One character a byte. */
export const RAW = 'binary';

const node = Buffer.alloc(1 + 2 * DIGEST_BYTES, 1);

/** Entries are short lines of ours; the bound is that of an entry bundle (two bytes of length). */
const LEAF_BYTES_MAX = 65_535;
const leaf = Buffer.alloc(1 + LEAF_BYTES_MAX);

/** The hash of one entry. `entry` holds one character a byte, at most 65,535 of them. */
export function leafDigest(entry: string): Digest {
  const bytes = leaf.write(entry, 1, RAW);
  return hash('sha256', leaf.subarray(0, 1 + bytes), RAW);
}

export function nodeDigest(left: Digest, right: Digest): Digest {
  node.write(left, 1, RAW);
  node.write(right, 1 + DIGEST_BYTES, RAW);
  return hash('sha256', node, RAW);
}

/** The root of a tree without entries. */
export const EMPTY_ROOT: Digest = hash('sha256', '', RAW);

export const toBase64 = (digest: Digest): string => Buffer.from(digest, RAW).toString('base64');

/** Undefined: not the base64 (RFC 4648, 4) of 32 bytes. */
export function fromBase64(text: string): Digest | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== DIGEST_BYTES || bytes.toString('base64') !== text) return undefined;
  return bytes.toString(RAW);
}
