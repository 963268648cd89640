import type { Plan } from '../plan.ts';

/** Which parts of a plan are shown. */
export type What = 'rules' | 'nat' | 'dns' | 'all';
/** Which machine the rules are for: the edge itself, or a router between it and the others. */
export type Where = 'edge' | 'perimeter';

/** What a renderer is asked to show. */
export interface View {
  readonly what: What;
  readonly at: Where;
}

export type Renderer = (plan: Plan, view: View) => string;

export function shows(what: What, part: Exclude<What, 'all'>): boolean {
  return what === 'all' || what === part;
}
