/** A Dockerfile as its stages and steps, with its arguments filled in; and what a builder is sent. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Step {
  readonly word: string;
  readonly flags: Readonly<Record<string, string>>;
  readonly text: string;
  /** Of the form that is JSON; null where the step is for a shell. */
  readonly list: readonly string[] | null;
}

export interface Stage {
  readonly name: string | null;
  readonly image: string;
  readonly flags: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

const filled = (text: string, values: ReadonlyMap<string, string>): string =>
  text.replace(/\$\{?([A-Z_]+)\}?/gu, (whole, name: string) => values.get(name) ?? whole);

function stepOf(line: string): Step {
  const [word = '', ...rest] = line.split(/\s+/u);
  const flags: Record<string, string> = {};
  while (rest[0]?.startsWith('--') === true) {
    const [name = '', ...value] = (rest.shift() ?? '').slice(2).split('=');
    flags[name] = value.join('=');
  }
  const text = rest.join(' ');
  const isJson = text.startsWith('[') || text.startsWith('CMD [');
  const list = isJson ? (JSON.parse(text.replace(/^CMD /u, '')) as string[]) : null;
  return { word: word.toUpperCase(), flags, text, list };
}

export function stagesOf(dockerfile: string): readonly Stage[] {
  const lines = dockerfile
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/gu, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const values = new Map<string, string>();
  const stages: { name: string | null; image: string; flags: Step['flags']; steps: Step[] }[] = [];
  for (const line of lines) {
    const step = stepOf(filled(line, values));
    if (step.word === 'FROM') {
      const [image = '', , name = null] = step.text.split(' ');
      stages.push({ name, image, flags: step.flags, steps: [] });
      continue;
    }
    const [name = '', value] = step.text.split('=');
    if (step.word === 'ARG' && value !== undefined) values.set(name, value);
    stages.at(-1)?.steps.push(step);
  }
  return stages;
}

/** As the builder reads them: a star stays in its folder, and takes names that begin with a dot. */
const patternOf = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replaceAll('.', '\\.')
      .replaceAll('**/', '<any>')
      .replaceAll('*', '[^/]*')
      .replaceAll('<any>', '(?:.*/)?')}$`,
    'u',
  );

/** The files that the builder is sent: the last line that fits a file or a folder above it decides. */
export function contextOf(root: string): readonly string[] {
  const rules = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ isKept: line.startsWith('!'), pattern: patternOf(line.replace(/^!/u, '')) }));
  const isSent = (path: string): boolean => {
    const parts = path.split('/');
    const above = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    const last = rules.findLast(({ pattern }) => above.some((one) => pattern.test(one)));
    return last?.isKept ?? true;
  };
  const skipped = ['.git', 'node_modules', 'build'];
  return globSync('**/*', {
    cwd: root,
    withFileTypes: true,
    exclude: (entry) => skipped.includes(entry.name),
  })
    .concat(globSync('.*', { cwd: root, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter(isSent)
    .sort();
}
