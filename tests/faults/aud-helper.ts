/** What the audit fault tests share: files that can be broken, and records to write. */
import { type AuditFiles, diskFiles } from '#audit/file-port.ts';
import type { AuditDraft } from '#audit/record.ts';

export const operations = ['open', 'write', 'datasync', 'truncate', 'rename', 'close'] as const;
export type Operation = (typeof operations)[number];
export type FileFault = 'EIO' | 'ENOSPC' | 'EINTR' | 'short' | 'delay' | 'crash';

export const errno = (code: string): Error => Object.assign(new Error(code), { code });

export interface FaultyFiles extends AuditFiles {
  /** How often each operation was called. */
  readonly calls: ReadonlyMap<Operation, number>;
  /** The call that was broken has happened. */
  readonly isHit: boolean;
  heal(): void;
  /** Resolves when no operation is on its way. */
  settled(): Promise<void>;
}

/**
 * The disk, except that call number `at` of `operation` has `fault`. After a `crash` every call
 * fails: what the files hold then is what a killed process leaves.
 */
export function faultyFiles(operation: Operation, at: number, fault: FileFault): FaultyFiles {
  const calls = new Map<Operation, number>();
  let isDead = false;
  let isHit = false;
  const isTurn = (name: Operation): boolean => {
    if (isDead) throw errno('CRASHED');
    const count = (calls.get(name) ?? 0) + 1;
    calls.set(name, count);
    if (name !== operation || count !== at) return false;
    isHit = true;
    return true;
  };
  const guard = <T>(name: Operation, run: () => T): T => {
    if (!isTurn(name)) return run();
    if (fault === 'crash') isDead = true;
    if (fault === 'crash' || (fault !== 'short' && fault !== 'delay')) throw errno(fault);
    return run();
  };
  const write: AuditFiles['write'] = (file, bytes, position) => {
    if (!isTurn('write')) return diskFiles.write(file, bytes, position);
    if (fault === 'delay') return diskFiles.write(file, bytes, position);
    const part = Math.floor(bytes.length / 2);
    // ENOSPC leaves half of it behind, as a real disk does (measured: 883 of 1,001 bytes).
    if (fault !== 'EIO' && fault !== 'EINTR')
      diskFiles.write(file, bytes.subarray(0, part), position);
    if (fault === 'crash') isDead = true;
    if (fault === 'short') return part;
    throw errno(fault);
  };
  const alive = <T>(run: () => T): T => {
    if (isDead) throw errno('CRASHED');
    return run();
  };
  const running = new Set<Promise<void>>();
  const begun = async (run: () => Promise<void>): Promise<void> => {
    const done = run();
    running.add(done);
    try {
      await done;
    } finally {
      running.delete(done);
    }
  };
  return {
    makeFolder: (path) => alive(() => diskFiles.makeFolder(path)),
    list: (path) => alive(() => diskFiles.list(path)),
    open: (path, mode) => guard('open', () => diskFiles.open(path, mode)),
    write,
    read: (file, into, position) => alive(() => diskFiles.read(file, into, position)),
    datasync: (file) =>
      begun(async () => {
        const isLate =
          operation === 'datasync' && fault === 'delay' && (calls.get('datasync') ?? 0) + 1 === at;
        await guard('datasync', () => diskFiles.datasync(file));
        if (isLate) await new Promise((resolve) => setTimeout(resolve, 120));
      }),
    syncFolder: (path) => begun(async () => await alive(() => diskFiles.syncFolder(path))),
    truncate: (file, bytes) => guard('truncate', () => diskFiles.truncate(file, bytes)),
    size: (file) => alive(() => diskFiles.size(file)),
    close: (file) => {
      // The descriptor is given back in every case: a test must not run out of them.
      try {
        guard('close', () => {});
      } finally {
        diskFiles.close(file);
      }
    },
    rename: (from, to) => guard('rename', () => diskFiles.rename(from, to)),
    unlink: (path) => alive(() => diskFiles.unlink(path)),
    freeBytes: (path) => alive(() => diskFiles.freeBytes(path)),
    calls,
    get isHit() {
      return isHit;
    },
    heal() {
      isDead = false;
    },
    async settled() {
      while (running.size > 0) {
        await Promise.allSettled(running);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

export const noLock = () => ({ release() {} });

export const admitOf = (requestId: string): AuditDraft => ({
  kind: 'admit',
  requestId,
  tenant: 'acme',
  user: 'ann',
  ip: '198.51.100.27',
  route: '/v1/chat/completions',
  model: 'fast',
  decision: 'allow',
  limits: [{ name: 'per-key', remaining: 59 }],
  reservation: { id: requestId, estimateNanoUsd: 1_200_000, estimateTokens: 2_200 },
});

export const completeOf = (requestId: string): AuditDraft => ({
  kind: 'complete',
  requestId,
  tenant: 'acme',
  user: 'ann',
  model: 'fast',
  decision: 'allow',
  guards: [{ name: 'pii', mode: 'enforce', action: 'pass', scannedChars: 12, textDigest: 'ZGln' }],
  usage: { inputTokens: 10, outputTokens: 20, costNanoUsd: 30, source: 'provider' },
  status: 200,
});
