/** Values that are secrets where they stand, whatever their name says elsewhere. */
import type { Path } from './issue.ts';

/** What a collector or a mail server knows us by; an incoming webhook, which whoever has it may write to. */
export function isSecretPlace(path: Path): boolean {
  const [section, part, ...rest] = path;
  if (section === 'telemetry' && part === 'otlp') return rest.length === 2 && rest[0] === 'headers';
  if (section !== 'alertRules' || part !== 'receivers') return false;
  return rest.length === 2 && (rest[1] === 'url' || rest[1] === 'password');
}
