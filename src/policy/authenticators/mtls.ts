/**
 * Client certificates of mutual TLS. The listener has checked the chain and that the peer holds the
 * key; here a rule of the operator's says whose certificate it is. A credential in a header goes
 * before: then the certificate is what that one may be bound to.
 */
import type { ClientCertificate } from '#domain/client-certificate.ts';
import type { Principal } from '#domain/principal.ts';
import type { Clock } from '#stdx/clock.ts';
import { ok } from '#stdx/result.ts';

import { matchesGlob } from '../access/glob.ts';
import type { Authentication, Authenticator } from './authenticator.ts';
import type { People } from './possession.ts';
import { rejected } from './rejected.ts';

export interface CertificateRule {
  /** Which name of the certificate is looked at. */
  readonly name: 'uri' | 'dns' | 'cn';
  /** `*` stands for any characters. */
  readonly pattern: string;
  readonly tenant: string;
  readonly team: string | null;
  /** False: the callers are of no user. */
  readonly isUser: boolean;
  readonly userPrefix: string;
  readonly roles: readonly string[];
}

const WORD = /^[\x21-\x7e]{1,256}$/u;

export function mtlsAuthenticator(
  rules: readonly CertificateRule[],
  people: Pick<People, 'isSuspended'>,
  clock: Clock,
): Authenticator {
  // A connection has one certificate object, and what was decided about roles is kept by principal.
  const known = new WeakMap<ClientCertificate, Principal>();
  const callerOf = (certificate: ClientCertificate): Principal | null => {
    const before = known.get(certificate);
    if (before !== undefined) return before;
    const principal = principalOf(certificate, rules);
    if (principal !== null) known.set(certificate, principal);
    return principal;
  };
  return {
    name: 'mtls',
    authenticate({ carrier, certificate = null }): Authentication {
      if (carrier !== 'certificate' || certificate === null) return 'absent';
      // A connection may be older than what is left of its certificate.
      if (certificate.notAfterMs <= clock.nowMs()) return rejected('expired');
      const principal = callerOf(certificate);
      if (principal === null) return rejected('unknown');
      const { tenant, user } = principal;
      return people.isSuspended(tenant, user) ? rejected('suspended') : ok(principal);
    },
  };
}

/** The first rule that fits. */
function principalOf(
  certificate: ClientCertificate,
  rules: readonly CertificateRule[],
): Principal | null {
  for (const { name: kind, pattern, tenant, team, isUser, userPrefix, roles } of rules) {
    const name = nameOf(certificate, kind);
    if (name === null || !matchesGlob(pattern, name)) continue;
    return {
      tenant,
      team,
      user: isUser ? userPrefix + name : null,
      serviceAccount: null,
      keyId: null,
      roles,
      claims: { x5t: certificate.thumbprint },
      provenBy: 'mtls',
      scope: null,
      parent: null,
      run: null,
    };
  }
  return null;
}

/** The one name of its kind: of two, nobody can say which one is the caller (SPIFFE X509-SVID 2). */
function nameOf(
  { uris, dnsNames, commonName }: ClientCertificate,
  kind: CertificateRule['name'],
): string | null {
  const names = kind === 'uri' ? uris : kind === 'dns' ? dnsNames : [commonName];
  const [name = null, ...others] = names;
  return name !== null && others.length === 0 && WORD.test(name) ? name : null;
}
