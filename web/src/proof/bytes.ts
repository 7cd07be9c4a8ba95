/**
 * Bytes and hashes for checking proofs in the browser, by WebCrypto alone. A browser has it only on pages of
 * https or of this machine itself; `canCheck` says whether it is there.
 */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

export const bytesOf = (text: string): Bytes => encoder.encode(text);

/** Undefined: not the one base64 (RFC 4648, 4) of some bytes. */
export function fromBase64(text: string): Bytes | undefined {
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.codePointAt(0) ?? 0);
    return toBase64(bytes) === text ? bytes : undefined;
  } catch {
    // Characters that base64 does not have.
    return undefined;
  }
}

export const toBase64 = (bytes: Bytes): string =>
  btoa(Array.from(bytes, (byte) => String.fromCodePoint(byte)).join(''));

export const toHex = (bytes: Bytes): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

export function joined(...parts: readonly Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Undefined: not UTF-8. */
export function textOf(bytes: Bytes): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Absent on pages of plain http from another machine: nothing can be checked there. */
export const canCheck = (): boolean => 'subtle' in crypto;

export const sha256 = async (...parts: readonly Bytes[]): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', joined(...parts)));

/** `unsupported`: this browser has no Ed25519. */
export async function verifies(
  key: Bytes,
  signature: Bytes,
  signed: Bytes,
): Promise<boolean | 'unsupported'> {
  try {
    const imported = await crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', imported, signature, signed);
  } catch (thrown) {
    // A key that is no point of the curve is refused as it is read: it has signed nothing.
    const isMissing = thrown instanceof DOMException && thrown.name === 'NotSupportedError';
    return isMissing ? 'unsupported' : false;
  }
}
