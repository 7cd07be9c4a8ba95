/** A witness on a port of its own: one route, bounded bodies, nothing else. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { hash } from 'node:crypto';

import { diskFiles } from '#audit/file-port.ts';
import { TileFiles } from '#audit/merkle/tile-files.ts';
import type { NoteKey, NoteSigner } from '#audit/merkle/signed-note.ts';
import { Witness, WITNESS_BODY_MAX, type WitnessStore } from '#audit/witness.ts';
import type { ListenAddress } from '#config/fields.ts';
import { Fault } from '#domain/fault.ts';
import { BODY_GRACE_MS, readBody } from '#server/read-body.ts';
import { Listener } from '#server/listener.ts';
import type { Clock } from '#stdx/clock.ts';

import { startListener, urlOf } from '../listen.ts';

const CONNECTIONS_MAX = 64;
const DRAIN_MS = 2_000;
const BODY_DEADLINE_MS = 10_000;

export interface WitnessOptions {
  readonly dir: string;
  readonly listen: ListenAddress;
  readonly signer: NoteSigner;
  readonly logs: readonly NoteKey[];
  readonly clock: Clock;
}

export interface RunningWitness {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startWitness(options: WitnessOptions): Promise<RunningWitness> {
  const { signer, logs, clock, dir, listen } = options;
  const witness = new Witness({ signer, logs, store: fileStore(dir), nowMs: () => clock.nowMs() });
  let listener: Listener | null = null;
  const wanted = { port: listen.port, path: ['--listen'] };
  const opened = await startListener(wanted, false, (port) => {
    listener = new Listener(
      {
        host: listen.host,
        port,
        tls: null,
        connectionsMax: CONNECTIONS_MAX,
        headersTimeoutMs: 10_000,
        requestTimeoutMs: 20_000,
        keepAliveTimeoutMs: 75_000,
      },
      (request, response) => void serve(witness, request, response),
    );
    return listener;
  });
  return {
    url: urlOf(opened.host, opened.port, false),
    stop: async () => await listener?.drain(DRAIN_MS),
  };
}

async function serve(
  witness: Witness,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const say = (status: number, body = '', type = 'text/plain'): void => {
    response.writeHead(status, { 'content-type': type }).end(body);
  };
  if (request.url !== '/add-checkpoint') return say(404);
  if (request.method !== 'POST') return say(405);
  try {
    const bounds = {
      declaredBytes: Number(request.headers['content-length'] ?? 0),
      bytesMax: WITNESS_BODY_MAX,
      deadlineMs: BODY_DEADLINE_MS,
      bytesPerSecondMin: 1_000,
      graceMs: BODY_GRACE_MS,
    };
    const begin = request.headers.expect === undefined ? null : () => response.writeContinue();
    const body = await readBody(request, bounds, begin);
    if (!body.ok) return say(body.error.reason === 'body-too-large' ? 413 : 408);
    const answer = await witness.add(body.value.toString('utf8'));
    return say(
      answer.status,
      answer.body,
      answer.status === 409 ? 'text/x.tlog.size' : 'text/plain; charset=utf-8',
    );
  } catch (thrown) {
    // A disk that does not take the record gets no signature out of us.
    if (!(thrown instanceof Fault) || thrown.code !== 'client-gone') say(500);
  }
}

/** One file an origin, named by its hash: an origin may have slashes. */
function fileStore(dir: string): WitnessStore {
  const files = new TileFiles(diskFiles, join(dir, 'seen'));
  const nameOf = (origin: string): string => hash('sha256', origin, 'hex');
  return {
    get: async (origin) => files.read(nameOf(origin))?.toString('utf8') ?? null,
    put: (origin, note) => files.put(nameOf(origin), Buffer.from(note)),
  };
}
