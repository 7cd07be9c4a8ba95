/**
 * Signed notes (C2SP signed-note): a text, an empty line, and a line a signature. A key is named by
 * its text form, `<name>+<id>+<base64>`, so that whoever checks needs one line and no file format.
 *
 * Two kinds of Ed25519 signature: the log's own (type 1), and a witness's, which signs the time with
 * the text (type 4, C2SP tlog-cosignature).
 */
import {
  createPrivateKey,
  createPublicKey,
  hash,
  type KeyObject,
  sign as signWith,
  verify as verifyWith,
} from 'node:crypto';

const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** Whoever checks a note reads at most this many signatures of it. */
const SIGNATURES_MAX = 64;
export const NOTE_CHARS_MAX = 65_536;

const LOG = 1;
const WITNESS = 4;
export type NoteKeyType = typeof LOG | typeof WITNESS;

export interface NoteKey {
  readonly name: string;
  readonly type: NoteKeyType;
  /** Eight hex digits. */
  readonly id: string;
  readonly key: KeyObject;
  /** The text form. */
  readonly text: string;
}

export interface NoteSigner {
  readonly key: NoteKey;
  readonly secret: KeyObject;
}

/** Names stand in lines and in keys: no space, no plus, nothing that a terminal would act on. */
export const isNoteName = (name: string): boolean => /^[!-*,-~]{1,200}$/u.test(name);

export function noteKey(name: string, publicKey: KeyObject, type: NoteKeyType = LOG): NoteKey {
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const typed = Buffer.concat([Buffer.of(type), spki.subarray(ED25519_SPKI.length)]);
  const id = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed]), 'hex').slice(0, 8);
  return { name, type, id, key: publicKey, text: `${name}+${id}+${typed.toString('base64')}` };
}

/** Undefined: not the text form of a key, or one whose id is not that of its bytes. */
export function parseNoteKey(text: string): NoteKey | undefined {
  const [name = '', id = '', ...rest] = text.trim().split('+');
  const typed = Buffer.from(rest.join('+'), 'base64');
  const type = typed[0];
  if (!isNoteName(name) || typed.length !== 1 + KEY_BYTES) return undefined;
  if (type !== LOG && type !== WITNESS) return undefined;
  const der = Buffer.concat([ED25519_SPKI, typed.subarray(1)]);
  const found = noteKey(name, createPublicKey({ key: der, format: 'der', type: 'spki' }), type);
  return found.id === id && found.text === text.trim() ? found : undefined;
}

export function noteSigner(name: string, pem: string, type: NoteKeyType = LOG): NoteSigner {
  const secret = createPrivateKey(pem);
  return { secret, key: noteKey(name, createPublicKey(secret), type) };
}

/** `text` ends with a line end. */
export function signedNote(text: string, signers: readonly NoteSigner[]): string {
  return `${text}\n${signers.map((signer) => signatureLine(text, signer)).join('')}`;
}

/** A line of a note; of a witness with the second at which it saw the text. */
export function signatureLine(text: string, { key, secret }: NoteSigner, atSeconds = 0): string {
  const id = Buffer.from(key.id, 'hex');
  if (key.type === LOG) return lineOf(key.name, [id, signWith(null, Buffer.from(text), secret)]);
  const seconds = Buffer.alloc(8);
  seconds.writeBigUInt64BE(BigInt(atSeconds));
  return lineOf(key.name, [id, seconds, signWith(null, cosigned(text, atSeconds), secret)]);
}

const lineOf = (name: string, parts: readonly Buffer[]): string =>
  `— ${name} ${Buffer.concat(parts).toString('base64')}\n`;

const cosigned = (text: string, atSeconds: bigint | number): Buffer =>
  Buffer.from(`cosignature/v1\ntime ${atSeconds}\n${text}`);

export interface Note {
  /** With the line end that it has in the note. */
  readonly text: string;
  readonly lines: readonly string[];
}

/** Undefined: not a note. Nothing of it is proven yet. */
export function parseNote(note: string): Note | undefined {
  if (note.length > NOTE_CHARS_MAX) return undefined;
  // Line ends are the only control characters that a note may have.
  if (/[^\P{Cc}\n]/u.test(note)) return undefined;
  const split = note.lastIndexOf('\n\n');
  if (split === -1 || !note.endsWith('\n')) return undefined;
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > SIGNATURES_MAX || !lines.every((line) => SIGNATURE.test(line)))
    return undefined;
  return { text: note.slice(0, split + 1), lines };
}

const SIGNATURE = /^— [^\s+]+ [A-Za-z0-9+/]+={0,2}$/u;

export interface Signed {
  readonly key: NoteKey;
  /** Of a witness: when it signed, in Unix seconds. */
  readonly atSeconds?: number;
}

/**
 * Who of `keys` signed. A line of a key that we know and that does not verify makes the whole note
 * worthless: `undefined`. Lines of other keys are passed over.
 */
export function signersOf({ text, lines }: Note, keys: readonly NoteKey[]): Signed[] | undefined {
  const signed: Signed[] = [];
  for (const line of lines) {
    const [, name = '', encoded = ''] = line.split(' ');
    const bytes = Buffer.from(encoded, 'base64');
    const id = bytes.subarray(0, 4).toString('hex');
    const key = keys.find((known) => known.name === name && known.id === id);
    if (key === undefined) continue;
    const found = checked(text, key, bytes.subarray(4));
    if (found === undefined) return undefined;
    signed.push(found);
  }
  return signed;
}

function checked(text: string, key: NoteKey, signature: Buffer): Signed | undefined {
  if (key.type === LOG) {
    const holds =
      signature.length === SIGNATURE_BYTES &&
      verifyWith(null, Buffer.from(text), key.key, signature);
    return holds ? { key } : undefined;
  }
  if (signature.length !== 8 + SIGNATURE_BYTES) return undefined;
  const at = signature.readBigUInt64BE(0);
  const holds = verifyWith(null, cosigned(text, at), key.key, signature.subarray(8));
  return holds ? { key, atSeconds: Number(at) } : undefined;
}
