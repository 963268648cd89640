import { renderCsv } from './csv.ts';
import { renderIptables } from './iptables.ts';
import { renderJson } from './json.ts';
import { renderKubernetes } from './kubernetes.ts';
import { renderNftables } from './nftables.ts';
import { renderTable } from './table.ts';
import { renderTerraformAws } from './terraform-aws.ts';
import { renderTerraformAzure } from './terraform-azure.ts';
import type { Renderer, What } from './view.ts';
import { renderWindows } from './windows.ts';

/** A form that plans are written in, and the parts of a plan that it has words for. */
export interface Format {
  readonly render: Renderer;
  readonly parts: readonly Exclude<What, 'all'>[];
}

const formats = {
  table: { render: renderTable, parts: ['rules', 'nat', 'dns'] },
  json: { render: renderJson, parts: ['rules', 'nat', 'dns'] },
  csv: { render: renderCsv, parts: ['rules', 'nat', 'dns'] },
  nftables: { render: renderNftables, parts: ['rules', 'nat'] },
  iptables: { render: renderIptables, parts: ['rules', 'nat'] },
  windows: { render: renderWindows, parts: ['rules'] },
  'terraform-aws': { render: renderTerraformAws, parts: ['rules'] },
  'terraform-azure': { render: renderTerraformAzure, parts: ['rules'] },
  kubernetes: { render: renderKubernetes, parts: ['rules'] },
} as const satisfies Readonly<Record<string, Format>>;

export type FormatName = keyof typeof formats;
export const FORMATS: Readonly<Record<FormatName, Format>> = formats;
export { diffAsJson, diffText } from './diff.ts';
