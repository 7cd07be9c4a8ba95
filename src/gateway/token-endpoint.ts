/**
 * `POST /oauth/token`: a short-lived token for a key, by the client credentials grant (RFC 6749
 * section 4.4). The client id is the key's id, or that of the service account that the key belongs to; its
 * secret is the key. For libraries and platforms that speak OAuth and no keys; a team without an
 * identity provider has it too.
 */
import { actions } from '#domain/action.ts';
import type { AskedRequest } from '#domain/asked.ts';
import type { Denial } from '#domain/denial.ts';
import { faultCodeOf } from '#domain/fault.ts';
import type { Principal, ServiceAccount } from '#domain/principal.ts';
import { readProof } from '#policy/authenticators/credential.ts';
import { randomBase62 } from '#stdx/base62.ts';
import { mayActAtAll } from '#policy/access/decide.ts';
import type { JsonObject } from '#stdx/json.ts';
import { err, type Result } from '#stdx/result.ts';

import { tellRefused } from './conclude.ts';
import type { Gateway, Inbound, Outlet } from './ports.ts';
import { refusedCredential } from './refused-credential.ts';
import { holdRequest } from './hold.ts';
import { type Client, clientOf, type Problem, problem, readForm } from './token-form.ts';
import type { TokenIssuer } from './token-issuer.ts';

type Done = Problem | { readonly body: JsonObject };

const UNAVAILABLE = problem('temporarily_unavailable', 'Retry later.', 503);
const INVALID_CLIENT = problem(
  'invalid_client',
  'The client id and secret were not accepted: send the id of a key or of its service account, and the key.',
  401,
);

const NOT_HERE_AND_NOW = problem(
  'unauthorized_client',
  'This key may make no call from this address at this hour.',
);

const CERTIFICATE_OVER = problem(
  'invalid_request',
  'The client certificate has ended: connect with another one.',
);

/** RFC 6749 section 5.1: what holds a token is kept by nobody on the way. */
const JSON_NOT_KEPT = ['content-type', 'application/json', 'cache-control', 'no-store'];

export async function answerToken(
  inbound: Inbound,
  outlet: Outlet,
  gateway: Gateway,
): Promise<void> {
  const done = await tokenOrProblem(inbound, gateway);
  if ('error' in done) {
    const { status, error, description, retryAfterMs, isRecorded = false } = done;
    const holdMs = isRecorded ? 0 : gateway.refusals.add(inbound.ip, status, `token: ${error}`);
    const challenge = status === 401 ? ['www-authenticate', 'Basic realm="llmproxy"'] : [];
    const seconds = String(Math.ceil((retryAfterMs ?? 1_000) / 1_000));
    const wait = status === 429 || status === 503 ? ['retry-after', seconds] : [];
    const headers = [...JSON_NOT_KEPT, ...challenge, ...wait];
    const body = JSON.stringify({ error, error_description: description });
    outlet.send(status, headers, body, holdMs);
    return;
  }
  outlet.send(200, [...JSON_NOT_KEPT], JSON.stringify(done.body));
}

/** Whatever breaks, the client is told in the words of the protocol, and nothing of ours. */
async function tokenOrProblem(inbound: Inbound, gateway: Gateway): Promise<Done> {
  const { tokens } = gateway;
  if (tokens === null) return problem('invalid_request', 'This gateway gives no tokens.');
  try {
    return await tokenFor(inbound, gateway, tokens);
  } catch (thrown) {
    const claim = faultCodeOf(thrown) ?? 'unexpected';
    gateway.log('request-failed', { requestId: inbound.requestId, claim, stack: '' });
    return UNAVAILABLE;
  }
}

async function tokenFor(inbound: Inbound, gateway: Gateway, issuer: TokenIssuer): Promise<Done> {
  const form = await readForm(inbound);
  if ('error' in form) return form;
  if (form.get('grant_type') !== 'client_credentials') {
    return problem('unsupported_grant_type', 'Use grant_type=client_credentials.');
  }
  // A token has all the rights of its key, so that a part of them cannot be promised.
  if (form.has('scope')) return problem('invalid_scope', 'Tokens have the rights of their key.');
  const client = clientOf(inbound.rawHeaders, form);
  if (client === null) return INVALID_CLIENT;
  // Comparing a secret costs little, so that failures of strangers shut no holder of a key out.
  const proof = await proven(client, issuer);
  if (!proof.ok) return await refused(proof.error, inbound, gateway);
  const principal = proof.value;
  const reserved = await holdRequest(inbound, principal, gateway);
  if (!reserved.ok) {
    const { error } = reserved;
    const waitMs = 'retryAfterMs' in error ? error.retryAfterMs : 1_000;
    return { ...problem('slow_down', 'A rate limit was reached.', 429), retryAfterMs: waitMs };
  }
  try {
    if (mayActAtAll(principal, actions, asked(inbound, gateway), gateway.access) !== null) {
      return await refusedHere(principal, inbound, gateway);
    }
    // After the limit, so that nobody has more proofs remembered than it may ask for tokens.
    const confirmed = await confirmationOf(inbound, principal, gateway);
    return confirmed !== null && 'error' in confirmed
      ? confirmed
      : await issued({ principal, confirmed }, inbound, gateway, issuer);
  } finally {
    // Also where the log takes no record: what is never ended would be held and renewed for a day.
    reserved.value.release();
  }
}

/** A key that is not accepted counts here as it does with calls, and whoever is told there is told. */
async function refused(denial: Denial, inbound: Inbound, gateway: Gateway): Promise<Problem> {
  const { failedCredentials } = gateway;
  const attempt = { ip: inbound.ip, waitMs: failedCredentials.waitMs(inbound.ip) };
  const counted = refusedCredential(denial, attempt, failedCredentials);
  const answer =
    counted.reason === 'credential-limited'
      ? {
          ...problem('slow_down', 'Too many credentials have failed.', 429),
          retryAfterMs: counted.retryAfterMs,
        }
      : INVALID_CLIENT;
  const isRecorded = await tellRefused(counted, answer.status, inbound, gateway);
  return { ...answer, isRecorded };
}

/** What a token is bound to (RFC 7800). One thing: a token is worth nothing that is bound to two. */
type Bound = { readonly jkt: string } | { readonly 'x5t#S256': string };

/**
 * RFC 9449 section 5: with a proof the token is bound to the key that has signed it. RFC 8705 section 3:
 * on a connection with a certificate, to that. A proof is asked for by the client and a certificate may
 * be the network's, so the proof goes before. With neither it is a bearer's.
 */
async function confirmationOf(
  { rawHeaders, route, certificate }: Inbound,
  { keyId }: Principal,
  { dpop, clock }: Gateway,
): Promise<Bound | Problem | null> {
  if (dpop === null || !rawHeaders.some((name) => name.toLowerCase() === 'dpop')) {
    const shown = certificate();
    if (shown === null) return null;
    // A connection may be older than that: no token is bound to what nobody may connect with again.
    return shown.notAfterMs > clock.nowMs() ? { 'x5t#S256': shown.thumbprint } : CERTIFICATE_OVER;
  }
  const proof = readProof(rawHeaders);
  const { method, path } = route;
  const request = { method, path, token: null, expected: null, holder: keyId ?? '' };
  const verified = proof === null ? null : await dpop.verify({ ...request, proof });
  if (verified?.ok === true) return { jkt: verified.value };
  return problem('invalid_dpop_proof', 'The proof was not accepted: make a new one.');
}

const asked = ({ ip, route }: Inbound, { clock }: Gateway): AskedRequest => ({
  ip,
  route: route.name,
  clock,
});

/** A token would be of no use there; and whoever asks for one may have found the key. */
async function refusedHere(
  { keyId, tenant, serviceAccount }: Principal,
  { requestId, ip }: Inbound,
  { audit }: Gateway,
): Promise<Problem> {
  if (!audit.isTaking) return UNAVAILABLE;
  await audit.append({
    kind: 'admin',
    requestId,
    tenant,
    serviceAccount: serviceAccount?.name,
    key: keyId ?? undefined,
    ip,
    decision: 'deny',
    reason: 'key-out-of-scope',
    action: 'token.issue',
    resource: `key/key_${keyId}`,
  });
  return { ...NOT_HERE_AND_NOW, isRecorded: true };
}

interface Proven {
  readonly principal: Principal;
  readonly confirmed: Bound | null;
}

async function issued(
  { principal: { keyId, tenant, serviceAccount }, confirmed }: Proven,
  inbound: Inbound,
  { audit, clock }: Gateway,
  { issuer, lifetimeMs, sign }: TokenIssuer,
): Promise<Done> {
  if (!audit.isTaking) return UNAVAILABLE;
  const sub = `key_${keyId}`;
  // Before it is out, that it was given is in the log.
  await audit.append({
    kind: 'admin',
    requestId: inbound.requestId,
    tenant,
    serviceAccount: serviceAccount?.name,
    key: keyId ?? undefined,
    ip: inbound.ip,
    decision: 'allow',
    action: 'token.issue',
    resource: `key/${sub}`,
  });
  const iat = Math.floor(clock.nowMs() / 1_000);
  const lifeS = Math.floor(lifetimeMs / 1_000);
  const jti = randomBase62(20);
  const client = serviceAccount === null ? sub : accountId(serviceAccount);
  const plain = { iss: issuer, aud: issuer, sub, client_id: client, iat, exp: iat + lifeS, jti };
  const claims = confirmed === null ? plain : { ...plain, cnf: { ...confirmed } };
  const type = confirmed !== null && 'jkt' in confirmed ? 'DPoP' : 'Bearer';
  return { body: { access_token: sign(claims), token_type: type, expires_in: lifeS } };
}

/** As the admin API shows it. It stays where the keys of the account are exchanged for others. */
const accountId = ({ id }: ServiceAccount): string => `sva_${id}`;

async function proven(
  { id, secret }: Client,
  { prover }: TokenIssuer,
): Promise<Result<Principal, Denial>> {
  const answer = await prover.authenticate({ carrier: 'authorization', token: secret });
  if (answer === 'absent') return err({ reason: 'credential-rejected', because: 'unknown' });
  if (!answer.ok) return answer;
  const { keyId, serviceAccount } = answer.value;
  if (serviceAccount !== null && id === accountId(serviceAccount)) return answer;
  // The secret was right: it is no guess at the key.
  if (keyId !== null && (id === keyId || id === `key_${keyId}`)) return answer;
  return err({ reason: 'credential-rejected', because: 'unfit' });
}
