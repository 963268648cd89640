import { oneLine } from './text.ts';

/** A text in HCL's quotes: no template begins inside it. */
export function hclText(text: string): string {
  const escaped = oneLine(text)
    .replaceAll(/["\\]/g, '\\$&')
    .replaceAll(/[$%](?=\{)/g, '$&$&');
  return `"${escaped}"`;
}

export function hclList(texts: readonly string[]): string {
  return `[${texts.map(hclText).join(', ')}]`;
}

/** A name that Terraform takes for a resource. */
export function hclName(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_');
}

/** A block with its attributes aligned as `terraform fmt` does. */
export function hclBlock(head: string, attributes: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...attributes.map(([key]) => key.length));
  return [`${head} {`, ...attributes.map(([key, value]) => `  ${key.padEnd(width)} = ${value}`), '}', ''];
}
