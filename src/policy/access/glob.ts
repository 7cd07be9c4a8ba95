/** Names with `*`: the one pattern that roles use for models. Linear, and no regular expression. */
export function matchesGlob(pattern: string, name: string): boolean {
  const first = pattern.indexOf('*');
  if (first === -1) return pattern === name;
  // A role may have thousands of them: nearly all are told apart here, and nothing is taken to pieces.
  const last = pattern.lastIndexOf('*');
  const end = name.length - (pattern.length - last - 1);
  if (end < first || !name.startsWith(pattern.slice(0, first))) return false;
  if (!name.endsWith(pattern.slice(last + 1))) return false;
  let at = first;
  for (let from = first + 1; from <= last;) {
    const to = pattern.indexOf('*', from);
    const found = name.indexOf(pattern.slice(from, to), at);
    if (found === -1) return false;
    at = found + to - from;
    from = to + 1;
  }
  return at <= end;
}
