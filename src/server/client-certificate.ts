/** From a socket to the certificate that its peer has proven to hold. */
import { hash, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

import type { ClientCertificate } from '#domain/client-certificate.ts';

/** A connection carries many requests and one certificate. */
const known = new WeakMap<Socket, ClientCertificate | null>();

/** Null: none was shown, or not one of an authority that the operator named. */
export function clientCertificateOf(socket: Socket): ClientCertificate | null {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return null;
  let certificate = known.get(socket);
  if (certificate === undefined) {
    certificate = read(socket);
    known.set(socket, certificate);
  }
  return certificate;
}

function read(socket: TLSSocket): ClientCertificate | null {
  const { raw, subject } = socket.getPeerCertificate(false);
  if (raw === undefined || raw.length === 0) return null;
  const certificate = new X509Certificate(raw);
  const names = alternativeNames(certificate.subjectAltName ?? '');
  // Two common names come as a list: nobody can say which is meant.
  const commonName: unknown = subject.CN;
  return {
    thumbprint: hash('sha256', raw, 'base64url'),
    commonName: typeof commonName === 'string' ? commonName : null,
    uris: names.filter(({ kind }) => kind === 'URI').map(({ name }) => name),
    dnsNames: names.filter(({ kind }) => kind === 'DNS').map(({ name }) => name),
    notAfterMs: certificate.validToDate.getTime(),
  };
}

/**
 * Node's text of the names: `KIND:name, KIND:name`. A name that could be taken for more than one is
 * written as a JSON string (CVE-2021-44532), so it is read as one.
 */
export function alternativeNames(text: string): { kind: string; name: string }[] {
  const names: { kind: string; name: string }[] = [];
  const one = /\s*(?<kind>[A-Za-z ]+):(?:(?<quoted>"(?:[^"\\]|\\.)*")|(?<plain>[^,"]*))(?:,|$)/uy;
  while (one.lastIndex < text.length) {
    const found = one.exec(text)?.groups;
    // A form that we do not know makes all of it unknown.
    if (found === undefined) return [];
    const { kind = '', quoted, plain = '' } = found;
    const name: unknown = quoted === undefined ? plain : JSON.parse(quoted);
    if (typeof name === 'string') names.push({ kind, name });
  }
  return names;
}
