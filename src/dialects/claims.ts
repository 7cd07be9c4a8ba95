/** The claims that dialects share, so that one position has one meaning in all of them. */
import type { Claim } from '#domain/content.ts';

export const SYSTEM: Claim = { position: 'system', trust: 'operator' };
export const USER: Claim = { position: 'user', trust: 'user' };
export const ASSISTANT: Claim = { position: 'assistant', trust: 'model' };
export const REASONING: Claim = { position: 'reasoning', trust: 'model' };
/** Signed reasoning: an edit would break the signature. */
export const SEALED_REASONING: Claim = { ...REASONING, sealed: true };
/** Definitions come from tool servers that nobody reviewed: a poisoned one is an attack. */
export const TOOL_DEFINITION: Claim = {
  position: 'tool-definition',
  trust: 'untrusted',
  keys: true,
};
/** A name is an identifier on both sides of the wire: it is scanned, and never edited. */
export const TOOL_NAME: Claim = { ...TOOL_DEFINITION, sealed: true };
export const TOOL_ARGUMENTS: Claim = {
  position: 'tool-arguments',
  trust: 'model',
  keys: true,
};
/** Arguments as text that should be JSON. */
export const TOOL_ARGUMENTS_JSON: Claim = { ...TOOL_ARGUMENTS, json: true };
export const TOOL_RESULT: Claim = { position: 'tool-result', trust: 'untrusted', keys: true };
export const DOCUMENT: Claim = { position: 'document', trust: 'untrusted' };
