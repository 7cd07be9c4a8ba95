/**
 * The place of a record in the signed log. The gateway gives the proof; this page checks it by itself, and says
 * what it has checked against which key.
 */
import { useCallback, useEffect, useState } from 'react';

import { t } from '../messages/message.ts';
import { rich } from '../messages/rich.tsx';
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
      title={t('In the log: record {writer}:{seq}, {kind}', {
        writer: record.writer,
        seq,
        kind: KINDS[kind] ?? kind,
      })}
      tools={
        <button type="button" disabled={proof === null} onClick={save}>
          {t('Download the proof')}
        </button>
      }
    >
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <Skeleton />}
      {value !== null && proof === null && (
        <p role="status">
          {rich(
            '{pill} Written at {at}. The log is signed twice a minute; the proof is here then.',
            { pill: <Pill tone="warn">{t('not signed yet')}</Pill>, at: <Time at={at} /> },
          )}
        </p>
      )}
      {value !== null && proof !== null && (
        <Checked proof={proof} gatewayKey={value.key} whole={record.whole} />
      )}
      <details className="whole">
        <summary>{t('The whole record')}</summary>
        <pre className="text">{visible(JSON.stringify(record.whole, null, 2))}</pre>
      </details>
    </Panel>
  );
}

const KINDS: Readonly<Record<string, string>> = {
  admit: t('the beginning'),
  complete: t('the end'),
  deny: t('the refusal'),
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
        {rich(
          'This page cannot check it: browsers give pages their cryptography over https, or from this machine itself (http://127.0.0.1), alone. Download the proof and run {llmproxyAuditCheck}, or open the dashboard over https.',
          { llmproxyAuditCheck: <code>llmproxy audit check</code> },
        )}
      </p>
    );
  }
  if (opened === undefined) return <Skeleton />;
  if (opened === null) {
    return (
      <p className="problem" role="alert">
        {t('What the gateway gave is not a proof.')}
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
    <ol className="plain checks" aria-label={t('Checked in this browser')}>
      <Check
        isGood={isSame}
        title={isSame ? t('The record is the one shown here') : t('The proof is of another record')}
      >
        {t('Every field of it but the personal ones, which stand in the log as commitments.')}
      </Check>
      <Check isGood title={t('Its entry and leaf were worked out from its bytes')}>
        {rich('{entry}{line}leaf {leaf}', {
          entry: <code>{entry}</code>,
          line: <br />,
          leaf: <code>{leaf}</code>,
        })}
      </Check>
      <Check
        isGood={isIncluded}
        title={
          isIncluded
            ? t('It is entry {index} of the {size} that were signed', {
                index,
                size: checkpoint.size,
              })
            : t('It is not in the tree that was signed')
        }
      >
        {rich('{steps} hashes lead from the leaf to the root {root}{signed}, of the log {origin}', {
          steps,
          root: <code>{root === '' ? 'none' : root}</code>,
          signed: !isIncluded && (
            <>{rich('; signed was {signedRoot}', { signedRoot: <code>{signedRoot}</code> })}</>
          ),
          origin: <code>{checkpoint.origin}</code>,
        })}
      </Check>
      <KeyChecks note={opened.note} gatewayKey={gatewayKey} isRest={isSame && isIncluded} />
    </ol>
  );
}
