/**
 * One piece of text in a call or a reply.
 *
 * Every string leaf of a document is a passage, and so is every object key that a caller can
 * choose: what is not a passage is not scanned, so the default is to be one.
 */
export const positions = [
  'system',
  'user',
  'assistant',
  'tool-definition',
  'tool-arguments',
  'tool-result',
  'document',
  'reasoning',
  'metadata',
] as const;
export type Position = (typeof positions)[number];

export type Trust = 'operator' | 'user' | 'model' | 'untrusted';

export interface Passage {
  readonly position: Position;
  readonly trust: Trust;
  readonly text: string;
  /** Where it stands, for records and errors: `messages[2].content[0].text`. Never quotes text. */
  readonly path: string;
  /**
   * False for sealed text (signed thinking) and for object keys: changing them would break a
   * signature or the meaning of a document, so a finding that would edit them blocks instead.
   */
  readonly isEditable: boolean;
  /** Of tool arguments: the tool that they are for. Left out where nobody knows, and elsewhere. */
  readonly tool?: string | undefined;
}

/** A part of a call that text guards cannot read. Refused unless the model alias waives it. */
export interface Opaque {
  readonly kind: 'image' | 'audio' | 'file' | 'video';
  readonly path: string;
}
