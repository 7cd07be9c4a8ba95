/** The checkpoint of a log and what was kept of it elsewhere: sizes and roots that the tree must have. */
import {
  type CheckpointFiles,
  keysFrom,
  openCheckpoint,
  type SignedCheckpoint,
} from './merkle/checkpoint-files.ts';
import { type NoteKey, parseNoteKey } from './merkle/signed-note.ts';
import { CHECKPOINT_SEEN, type Sighting } from './merkle/tree-proof.ts';

/** Checkpoints that were kept, one behind the other with an empty line between. */
export interface AnchorNote {
  readonly name: string;
  readonly text: string;
}

export interface TreeVerdict {
  readonly origin: string;
  readonly size: number;
  /** The key that signed, in its text form. */
  readonly key: string;
  /** Whether the caller gave the key, or one that handed over to it. Else it is the log's own word. */
  readonly isKeyGiven: boolean;
  /** The largest size that an anchor saw; null: no anchor was given. */
  readonly anchoredSize: number | null;
}

export interface Sightings {
  /** What the checkpoint signs now: a gateway that runs has gone on since it was read. */
  readonly sizeNow: () => number;
  /** Entries that the checkpoint signed. */
  readonly size: number;
  readonly sightings: readonly Sighting[];
  readonly verdict: TreeVerdict | null;
  readonly problem: { readonly exit: 2 | 3; readonly file: string; readonly text: string } | null;
}

interface Asked {
  readonly anchorNotes?: readonly AnchorNote[];
  readonly keys?: readonly string[];
}

export function sightingsOf(
  files: CheckpointFiles,
  { anchorNotes = [], keys = [] }: Asked,
): Sightings {
  const trusted = trustedKeys(files, keys);
  const sizeNow = (): number => {
    const opened = openCheckpoint(files.note() ?? '', typeof trusted === 'string' ? [] : trusted);
    return 'problem' in opened ? 0 : opened.size;
  };
  const none = { sizeNow, size: 0, sightings: [], verdict: null };
  if (typeof trusted === 'string')
    return { ...none, problem: { exit: 2, file: '', text: trusted } };
  const note = files.note();
  if (note === undefined && (files.firstKey() !== undefined || anchorNotes.length > 0)) {
    const text = 'it is gone, and the log was signed before';
    return { ...none, problem: { exit: 3, file: 'log/checkpoint', text } };
  }
  if (note === undefined) return { ...none, problem: null };
  const opened = openCheckpoint(note, trusted);
  if ('problem' in opened)
    return { ...none, problem: { exit: 2, file: 'log/checkpoint', text: opened.problem } };
  const anchored = withAnchors(opened, trusted, { anchorNotes, isKeyGiven: keys.length > 0 });
  return { ...anchored, sizeNow };
}

function withAnchors(
  checkpoint: SignedCheckpoint,
  trusted: readonly NoteKey[],
  { anchorNotes, isKeyGiven }: { anchorNotes: readonly AnchorNote[]; isKeyGiven: boolean },
): Omit<Sightings, 'sizeNow'> {
  const { origin, size, root, signed } = checkpoint;
  const sightings: Sighting[] = [{ size, root, where: CHECKPOINT_SEEN }];
  let problem: Sightings['problem'] = null;
  let anchoredSize: number | null = null;
  for (const { name, text } of anchorNotes) {
    const notes = notesOf(text);
    // Gateways may share an anchor: what another log has said there is nothing of this one.
    const own = notes.filter((note) => originOfNote(note) === origin);
    if (own.length === 0 && notes.length > 0) {
      const others = originOfNote(notes[0] ?? '');
      problem ??= { exit: 2, file: name, text: `it is an anchor of \`${others}\`` };
    }
    for (const note of own) {
      const anchor = openCheckpoint(note, trusted);
      if ('problem' in anchor) {
        problem ??= { exit: 2, file: name, text: anchor.problem };
        continue;
      }
      sightings.push({ size: anchor.size, root: anchor.root, where: `anchor ${name}` });
      anchoredSize = Math.max(anchoredSize ?? 0, anchor.size);
    }
  }
  const key = signed.find(({ key: { type } }) => type === 1)?.key.text ?? '';
  return { size, sightings, problem, verdict: { origin, size, key, isKeyGiven, anchoredSize } };
}

/** The first line of a checkpoint (C2SP tlog-checkpoint). */
const originOfNote = (note: string): string => note.split('\n', 1)[0] ?? '';

/** The keys, or why there are none. */
function trustedKeys(files: CheckpointFiles, given: readonly string[]): NoteKey[] | string {
  const keys: NoteKey[] = [];
  for (const text of given) {
    const key = parseNoteKey(text);
    if (key === undefined) return 'the key that was given is not one: write <name>+<id>+<base64>';
    keys.push(key);
  }
  const first = given.length === 0 ? files.firstKey() : undefined;
  if (first !== undefined) keys.push(first);
  return keys.flatMap((key) => keysFrom(key, files.handovers()));
}

/** A checkpoint has one empty line in it; so has the place between two. */
export function notesOf(text: string): string[] {
  const blocks = text.split('\n\n').map((block) => block.replace(/^\n+/u, ''));
  const notes: string[] = [];
  for (let at = 0; at + 1 < blocks.length; at += 2) {
    const signatures = blocks[at + 1] ?? '';
    notes.push(`${blocks[at]}\n\n${signatures.replace(/\n*$/u, '\n')}`);
  }
  return notes;
}
