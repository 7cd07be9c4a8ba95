/** One place for what lies over a page: a question, a secret that is shown once, a short word. */
import {
  createContext,
  Fragment,
  type ReactNode,
  use,
  useCallback,
  useEffect,
  useMemo,
  useState,
} from 'react';

import { t } from '../messages/message.ts';
import { ShownOnce } from '../shown-once.tsx';
import { FormDialog, type FormQuestion } from './form-dialog.tsx';
import { Modal } from './modal.tsx';

export interface Confirmation {
  readonly title: string;
  readonly text: string;
  readonly verb: string;
  /** True where it cannot be taken back. */
  readonly isDanger?: boolean;
  readonly run: () => Promise<void>;
}

export interface Desk {
  readonly form: (question: FormQuestion) => void;
  readonly confirm: (confirmation: Confirmation) => void;
  readonly once: (secret: { readonly label: string; readonly secret: string }) => void;
  /** `body` gets what closes it. */
  readonly open: (title: string, body: (close: () => void) => ReactNode, isWide?: boolean) => void;
  readonly say: (text: string, tone?: 'good' | 'bad') => void;
}

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'good' | 'bad';
}

const TOAST_MS = 6_000;
const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  const desk = use(DeskContext);
  if (desk === null) throw new Error('there is a desk around every page');
  return desk;
}

interface Layer {
  readonly id: number;
  readonly node: ReactNode;
}

type Change<T> = (next: (now: T) => T) => void;

export function DeskProvider({ children }: { readonly children: ReactNode }) {
  const [layer, setLayer] = useState<Layer | null>(null);
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const desk = useMemo(() => deskOf(setLayer, setToasts), []);
  const end = useCallback(
    (ended: number) => setToasts((now) => now.filter(({ id }) => id !== ended)),
    [],
  );
  return (
    <DeskContext value={desk}>
      {children}
      {layer?.node}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map((toast) => (
          <ToastLine key={toast.id} toast={toast} onOver={end} />
        ))}
      </div>
    </DeskContext>
  );
}

let count = 0;

function deskOf(setLayer: Change<Layer | null>, setToasts: Change<readonly Toast[]>): Desk {
  /** Closing ends only what it belongs to: what a form did may have opened the next layer. */
  const put = (nodeOf: (close: () => void) => ReactNode): void => {
    count += 1;
    const id = count;
    const close = (): void => setLayer((now) => (now?.id === id ? null : now));
    const node = <Fragment key={id}>{nodeOf(close)}</Fragment>;
    setLayer(() => ({ id, node }));
  };
  const form = (question: FormQuestion): void =>
    put((close) => <FormDialog question={question} onClose={close} />);
  const open: Desk['open'] = (title, body, isWide = false) =>
    put((close) => (
      <Modal title={title} isWide={isWide} onClose={close}>
        {body(close)}
      </Modal>
    ));
  return {
    form,
    open,
    confirm: ({ title, text, verb, isDanger = false, run }) =>
      form({ title, intro: text, verb, isDanger, fields: [], submit: run }),
    once: ({ label, secret }) =>
      put((close) => (
        <Modal title={t('Shown once')} isFirm onClose={close}>
          <ShownOnce label={label} secret={secret} onDone={close} />
        </Modal>
      )),
    say: (text, tone = 'good') => {
      count += 1;
      const toast = { id: count, text, tone };
      setToasts((now) => [...now.slice(-3), toast]);
    },
  };
}

interface ToastLineProps {
  readonly toast: Toast;
  readonly onOver: (id: number) => void;
}

function ToastLine({ toast: { id, text, tone }, onOver }: ToastLineProps) {
  useEffect(() => {
    const timer = setTimeout(() => onOver(id), TOAST_MS);
    return () => clearTimeout(timer);
  }, [id, onOver]);
  return <p className={`toast ${tone}`}>{text}</p>;
}
