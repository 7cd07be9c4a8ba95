/** The way to a new one, for whom it is permitted. */
import type { Operation } from '../api.ts';
import { useSession } from '../session.ts';

interface NewButtonProps {
  readonly by: Operation;
  readonly text: string;
  readonly isDisabled?: boolean;
  readonly run: () => void;
}

export function NewButton({ by, text, isDisabled = false, run }: NewButtonProps) {
  const { may } = useSession();
  if (!may(by)) return null;
  return (
    <button type="button" className="main" disabled={isDisabled} onClick={run}>
      {text}
    </button>
  );
}
