import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

export interface Block {
  /** The page, from the repository's root. */
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/** Every Markdown page people read, from the repository's root. */
export function pages(): string[] {
  const top = readdirSync(ROOT).filter(name => name.endsWith('.md'));
  const below = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md'))
    .map(name => join('docs', name));
  return [...top, ...below].map(page => relative(ROOT, join(ROOT, page))).toSorted();
}

export function textOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** Fenced blocks in a language, of every page. */
export function blocks(language: string): Block[] {
  return pages().flatMap(page => {
    const text = textOf(page);
    return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, found, body], index, all) =>
      found === language ? [{ page, line: lineOf(text, all[index]!.index), language, text: body! }] : [],
    );
  });
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** The configuration of the README: the one that readers save as edge.yaml. */
export function readmeConfig(): string {
  const [config] = blocks('yaml').filter(block => block.page === 'README.md');
  if (config === undefined) throw new Error('README.md has no configuration');
  return config.text;
}
