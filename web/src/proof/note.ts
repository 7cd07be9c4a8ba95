/**
 * Signed notes and their keys (C2SP signed-note), read as `llmproxy audit check` reads them: what that does
 * not take, this does not take. Only keys of logs (type 1) count here; witnesses are for the command line.
 */
import { type Bytes, bytesOf, fromBase64, joined, sha256, toHex, verifies } from './bytes.ts';

const LOG = 1;
const KEY_BYTES = 32;
const ID_BYTES = 4;
const SIGNATURE_BYTES = 64;
const SIGNATURES_MAX = 64;
const NOTE_CHARS_MAX = 65_536;

export interface NoteKey {
  readonly name: string;
  /** Eight hex digits. */
  readonly id: string;
  readonly bytes: Bytes;
}

const isNoteName = (name: string): boolean => /^[!-*,-~]{1,200}$/u.test(name);

/** Undefined: not the text of a log's key, `<name>+<id>+<base64>`, or its id is not that of its bytes. */
export async function parseNoteKey(text: string): Promise<NoteKey | undefined> {
  const [name = '', id = '', ...rest] = text.trim().split('+');
  const typed = fromBase64(rest.join('+'));
  if (typed === undefined || typed.length !== 1 + KEY_BYTES || typed[0] !== LOG) return undefined;
  if (!isNoteName(name)) return undefined;
  const digest = await sha256(joined(bytesOf(`${name}\n`), typed));
  if (toHex(digest.slice(0, ID_BYTES)) !== id) return undefined;
  return { name, id, bytes: typed.slice(1) };
}

export interface Note {
  /** With the line end that it has in the note: this is what is signed. */
  readonly text: string;
  readonly lines: readonly string[];
}

const SIGNATURE = /^— [^\s+]+ [A-Za-z0-9+/]+={0,2}$/u;

/** Undefined: not a note. Nothing of it is proven yet. */
export function parseNote(note: string): Note | undefined {
  if (note.length > NOTE_CHARS_MAX) return undefined;
  if (/[^\P{Cc}\n]/u.test(note)) return undefined;
  const split = note.lastIndexOf('\n\n');
  if (split === -1 || !note.endsWith('\n')) return undefined;
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > SIGNATURES_MAX || !lines.every((line) => SIGNATURE.test(line)))
    return undefined;
  return { text: note.slice(0, split + 1), lines };
}

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Bytes;
}

/** Undefined: not a checkpoint. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const lines = text.split('\n');
  if (lines.pop() !== '') return undefined;
  const [origin = '', sizeText = '', rootText = ''] = lines;
  const size = Number(sizeText);
  const root = fromBase64(rootText);
  if (!isNoteName(origin) || root?.length !== 32) return undefined;
  if (!Number.isSafeInteger(size) || String(size) !== sizeText || size < 0) return undefined;
  return { origin, size, root };
}

/** `absent`: no line of this key. `wrong`: a line of it that does not hold, so that the note is worthless. */
export type SignedBy = 'holds' | 'wrong' | 'absent' | 'unsupported';

export async function signedBy({ text, lines }: Note, key: NoteKey): Promise<SignedBy> {
  let found: SignedBy = 'absent';
  for (const line of lines) {
    const [, name = '', encoded = ''] = line.split(' ');
    const bytes = fromBase64(encoded);
    if (bytes === undefined || name !== key.name) continue;
    if (toHex(bytes.slice(0, ID_BYTES)) !== key.id) continue;
    const signature = bytes.slice(ID_BYTES);
    if (signature.length !== SIGNATURE_BYTES) return 'wrong';
    const holds = await verifies(key.bytes, signature, bytesOf(text));
    if (holds === 'unsupported') return 'unsupported';
    if (!holds) return 'wrong';
    found = 'holds';
  }
  return found;
}
