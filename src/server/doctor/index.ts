/** Doctor and probe: what they do on the network. What it means is `topology/doctor`. */

export { type DoctorOptions, examine, expectationOf, inviteProbe } from './doctor.ts';
export { type Probed, type ProbeOptions, probe } from './probe.ts';
export type { ReportReceiver } from './report-receiver.ts';
export type { Visitor } from './visitor.ts';
