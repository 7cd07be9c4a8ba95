/**
 * The place of a record in the signed log. The gateway gives the proof; this page checks it by itself, and says
 * what it has checked against which key.
 */
import { useCallback, useEffect, useState } from 'react';

import { Skeleton } from '../parts/listing.tsx';
import { download, Panel, Pill, ProblemBar, Time } from '../parts.tsx';
import { canCheck } from '../proof/bytes.ts';
import { openProof, type OpenedProof, saysTheSame } from '../proof/check.ts';
import { useSession } from '../session.ts';
import { useLoaded } from '../use-loaded.ts';
import { visible } from '../visible.ts';
import { KeyChecks } from './key-checks.tsx';
import type { PlacedRecord } from './records.ts';
import { Check } from './check-line.tsx';

/** A checkpoint is signed twice a minute. */
const AGAIN_MS = 5_000;

export function ProofPanel({ writer, record }: PlacedRecord) {
  const { call } = useSession();
  const { seq, kind, at } = record;
  const read = useCallback(
    (signal: AbortSignal) => {
      const params = { writer, seq: String(seq) };
      return call('GET /audit/records/{writer}/{seq}/proof', { params, signal });
    },
    [call, writer, seq],
  );
  const [isSigned, setIsSigned] = useState(false);
  const { value, problem, reload } = useLoaded(read, isSigned ? undefined : AGAIN_MS);
  useEffect(() => setIsSigned(typeof value?.proof === 'string'), [value]);
  const proof = value?.proof ?? null;
  const save = (): void =>
    download(`${record.writer}-${seq}.tlog-proof`, 'text/plain', proof ?? '');
  return (
    <Panel
      title={`In the log: record ${record.writer}:${seq}, ${KINDS[kind] ?? kind}`}
      tools={
        <button type="button" disabled={proof === null} onClick={save}>
          Download the proof
        </button>
      }
    >
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <Skeleton />}
      {value !== null && proof === null && (
        <p role="status">
          <Pill tone="warn">not signed yet</Pill> Written at <Time at={at} />. The log is signed
          twice a minute; the proof is here then.
        </p>
      )}
      {value !== null && proof !== null && (
        <Checked proof={proof} gatewayKey={value.key} whole={record.whole} />
      )}
      <details className="whole">
        <summary>The whole record</summary>
        <pre className="text">{visible(JSON.stringify(record.whole, null, 2))}</pre>
      </details>
    </Panel>
  );
}

const KINDS: Readonly<Record<string, string>> = {
  admit: 'the beginning',
  complete: 'the end',
  deny: 'the refusal',
};

interface CheckedProps {
  readonly proof: string;
  readonly gatewayKey: string;
  readonly whole: unknown;
}

/** Undefined: it is being checked. Null: it is no proof. */
function useOpened(proof: string): OpenedProof | null | undefined {
  const [opened, setOpened] = useState<OpenedProof | null>();
  useEffect(() => {
    let isLeft = false;
    if (!canCheck()) return undefined;
    openProof(proof)
      .then((found) => {
        if (!isLeft) setOpened(found ?? null);
      })
      .catch(() => {
        // What cannot be read proves nothing.
        if (!isLeft) setOpened(null);
      });
    return () => {
      isLeft = true;
    };
  }, [proof]);
  return opened;
}

function Checked({ proof, gatewayKey, whole }: CheckedProps) {
  const opened = useOpened(proof);
  if (!canCheck()) {
    return (
      <p className="waiting">
        This page cannot check it: browsers give pages their cryptography over https, or from this
        machine itself (http://127.0.0.1), alone. Download the proof and run{' '}
        <code>llmproxy audit check</code>, or open the dashboard over https.
      </p>
    );
  }
  if (opened === undefined) return <Skeleton />;
  if (opened === null) {
    return (
      <p className="problem" role="alert">
        What the gateway gave is not a proof.
      </p>
    );
  }
  return <Steps opened={opened} gatewayKey={gatewayKey} whole={whole} />;
}

interface StepsProps extends Omit<CheckedProps, 'proof'> {
  readonly opened: OpenedProof;
}

function Steps({ opened, gatewayKey, whole }: StepsProps) {
  const { entry, leaf, index, steps, root, signedRoot, isIncluded, checkpoint } = opened;
  const isSame = saysTheSame(whole, opened.record);
  return (
    <ol className="plain checks" aria-label="Checked in this browser">
      <Check
        isGood={isSame}
        title={isSame ? 'The record is the one shown here' : 'The proof is of another record'}
      >
        Every field of it but the personal ones, which stand in the log as commitments.
      </Check>
      <Check isGood title="Its entry and leaf were worked out from its bytes">
        <code>{entry}</code>
        <br />
        leaf <code>{leaf}</code>
      </Check>
      <Check
        isGood={isIncluded}
        title={
          isIncluded
            ? `It is entry ${index} of the ${checkpoint.size} that were signed`
            : 'It is not in the tree that was signed'
        }
      >
        {steps} hashes lead from the leaf to the root <code>{root === '' ? 'none' : root}</code>
        {!isIncluded && (
          <>
            ; signed was <code>{signedRoot}</code>
          </>
        )}
        , of the log <code>{checkpoint.origin}</code>
      </Check>
      <KeyChecks note={opened.note} gatewayKey={gatewayKey} isRest={isSame && isIncluded} />
    </ol>
  );
}
