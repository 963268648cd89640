import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * Who holds a port on this machine, in words (`coturn (pid 812)`), where Linux tells: undefined elsewhere, or when the owner is
 * another user's process and we may not look.
 */
export function portOwner(protocol: 'udp' | 'tcp', port: number): string | undefined {
  const inodes = new Set([...inodesOf(`/proc/net/${protocol}`, port), ...inodesOf(`/proc/net/${protocol}6`, port)]);
  if (inodes.size === 0) return undefined;
  for (const pid of entries('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    if (entries(`/proc/${pid}/fd`).some(fd => inodes.has(socketInode(`/proc/${pid}/fd/${fd}`)))) return describe(pid);
  }
  return undefined;
}

/** Inodes of sockets bound to the port: bound UDP sockets, listening TCP sockets. */
function inodesOf(table: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return lines(table)
    .slice(1)
    .map(line => line.trim().split(/\s+/))
    .filter(f => f[1]?.endsWith(`:${wanted}`) && (f[3] === '0A' || f[3] === '07'))
    .map(f => f[9]!);
}

function socketInode(path: string): string {
  return /^socket:\[(\d+)\]$/.exec(target(path))?.[1] ?? '';
}

function target(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

function describe(pid: string): string {
  return `${basename(target(`/proc/${pid}/exe`)) || (lines(`/proc/${pid}/comm`)[0] ?? 'process')} (pid ${pid})`;
}

function entries(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}
