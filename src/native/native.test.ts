import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { requires } from '../../test/testkit/requires.ts';
import { Arena } from './arena.ts';
import * as constants from './constants.ts';
import { Epoll } from './epoll.ts';
import * as errno from './errno.ts';
import { ErrorQueue } from './error-queue.ts';
import { CMSGHDR, EXTENDED_ERROR, epollEventOn, IOVEC, MMSGHDR, SOCKADDR } from './layouts.ts';
import { must } from './libc.ts';
import { loadNative, type Native } from './load.ts';
import { raiseOpenFiles } from './open-files.ts';
import { readAddress, type Words, writeAddress } from './socket-address.ts';
import * as udp from './udp-socket.ts';

const native = loadNative() as Native;
const { libc } = native;
const LOOPBACK = {
  4: { w0: 0, w1: 0, w2: 0xffff, w3: 0x7f000001, port: 0 },
  6: { w0: 0, w1: 0, w2: 0, w3: 1, port: 0 },
} as const;
const open: number[] = [];

afterEach(() => {
  for (const fd of open.splice(0)) libc.close(fd);
});

test.each(['x64', 'arm64'])('epoll_event is packed on x86-64 only: %s', machine => {
  expect(epollEventOn(machine)).toEqual(machine === 'x64' ? { size: 12, data: 4 } : { size: 16, data: 8 });
});

test('sizes, offsets and numbers are those of the C headers of this machine', context => {
  requires(context, 'gcc');
  const expected = { ...fromLayouts(), ...constantsOf(constants), ...constantsOf(errno) };
  expect(fromHeaders(Object.keys(expected))).toEqual(expected);
});

test.each([4, 6] as const)('a datagram carries its bytes and its sender through recvmmsg, IPv%i', family => {
  const [one, two] = [socket(family), socket(family)];
  const arena = messages();
  writeAddress(arena.words, NAME / 4, family, two.at);
  arena.bytes.set([1, 2, 3], BYTES);
  const to = arena.pointer(NAME);
  expect(libc.sendto(one.fd, arena.pointer(BYTES), 3, 0, to, family === 4 ? SOCKADDR.v4 : SOCKADDR.v6)).toBe(3);
  arena.bytes.fill(0, BYTES, BYTES + 10);
  arena.words[MMSGHDR.nameLength / 4] = SOCKADDR.place;
  expect(libc.recvmmsg(two.fd, arena.address, 1, 0, 0)).toBe(1);
  expect(arena.words[MMSGHDR.length / 4]).toBe(3);
  expect([...arena.bytes.subarray(BYTES, BYTES + 4)]).toEqual([1, 2, 3, 0]);
  const from: Words = { w0: 9, w1: 9, w2: 9, w3: 9, port: 9 };
  readAddress(arena.words, NAME / 4, from);
  expect(from).toEqual(one.at);
});

test('one message becomes several datagrams, and several datagrams one message with their size beside it', () => {
  const [one, two] = [socket(4), socket(4)];
  expect(udp.probeSegmentation(libc, one.fd)).toEqual({ send: true, receive: true });
  udp.setOption(libc, one.fd, constants.SOL_UDP, constants.UDP_SEGMENT, 100);
  expect(udp.receiveRuns(libc, two.fd)).toBe(true);
  const arena = messages();
  writeAddress(arena.words, NAME / 4, 4, two.at);
  expect(libc.sendto(one.fd, arena.pointer(BYTES), 250, 0, arena.pointer(NAME), SOCKADDR.v4)).toBe(250);
  arena.words[MMSGHDR.nameLength / 4] = SOCKADDR.place;
  arena.words[MMSGHDR.controlLength / 4] = 32;
  expect(libc.recvmmsg(two.fd, arena.address, 1, 0, 0)).toBe(1);
  expect(arena.words[MMSGHDR.length / 4]).toBe(250);
  const control = arena.words.subarray(CONTROL / 4);
  expect(control[CMSGHDR.level / 4]).toBe(constants.SOL_UDP);
  expect(control[CMSGHDR.type / 4]).toBe(constants.UDP_GRO);
  expect(control[CMSGHDR.size / 4]).toBe(100);
});

test('many sockets are ready under their own tokens, and none when there is nothing to read', () => {
  const epoll = new Epoll(native);
  const sockets = Array.from({ length: 5 }, () => socket(4));
  for (const [i, { fd }] of sockets.entries()) epoll.add(fd, 100 + i);
  const arena = messages();
  expect(epoll.ready(arena.pointer(BYTES), 8)).toBe(0);
  for (const i of [1, 4]) {
    writeAddress(arena.words, NAME / 4, 4, sockets[i]!.at);
    libc.sendto(sockets[0]!.fd, arena.pointer(BYTES), 1, 0, arena.pointer(NAME), SOCKADDR.v4);
  }
  expect(epoll.ready(arena.pointer(BYTES), 8)).toBe(2);
  const { size, data } = native.epollEvent;
  const tokens = [0, 1].map(i => arena.words[(BYTES + i * size + data) / 4]);
  expect(new Set(tokens)).toEqual(new Set([101, 104]));
  expect(arena.words[BYTES / 4]).toBe(constants.EPOLLIN);
  epoll.close();
});

test('node calls back while a socket is ready, and the process may end once the epoll is closed', async () => {
  const epoll = new Epoll(native);
  const wake = must(libc, 'eventfd', libc.eventfd(0, 0x800));
  epoll.add(wake, 1);
  let calls = 0;
  const called = new Promise<void>(resolve => {
    epoll.start(() => {
      calls++;
      libc.read(wake, new BigUint64Array(1), 8);
      resolve();
    });
  });
  libc.write(wake, new BigUint64Array([1n]), 8);
  await called;
  await new Promise(resolve => setTimeout(resolve, 20));
  expect(calls).toBe(1);
  epoll.close();
  libc.close(wake);
});

test.each([
  [4, { type: 3, code: 3 }],
  [6, { type: 1, code: 4 }],
] as const)('a closed port shows in the error queue with its address, IPv%i', (family, unreachable) => {
  const { fd } = socket(family);
  expect(udp.receiveErrors(libc, fd, family)).toBe(true);
  const closed = socket(family);
  libc.close(open.pop()!);
  const arena = messages();
  writeAddress(arena.words, NAME / 4, family, closed.at);
  libc.sendto(fd, arena.pointer(BYTES), 9, 0, arena.pointer(NAME), family === 4 ? SOCKADDR.v4 : SOCKADDR.v6);
  const errors = new ErrorQueue(native);
  expect(errors.next(fd)).toBe('icmp');
  expect(errors).toMatchObject({ ...unreachable, data: 0, to: closed.at });
  expect(errors.next(fd)).toBe('none');
});

test('a port is shared only by those who ask for it', () => {
  const one = udp.openUdp(libc, LOOPBACK[4], { family: 4, reusePort: true });
  open.push(one);
  const at = udp.boundTo(libc, one);
  open.push(udp.openUdp(libc, at, { family: 4, reusePort: true }));
  expect(() => udp.openUdp(libc, at, { family: 4, reusePort: false })).toThrow(
    expect.objectContaining({ code: 'EADDRINUSE', syscall: 'bind' }),
  );
});

test('socket buffers grow, and what was granted is told', () => {
  const { fd } = socket(4);
  const before = udp.getOption(libc, fd, constants.SOL_SOCKET, constants.SO_RCVBUF);
  const granted = udp.setBuffers(libc, fd, 1024 * 1024);
  expect(granted.receive).toBeGreaterThan(before);
  expect(granted.receive).toBe(udp.getOption(libc, fd, constants.SOL_SOCKET, constants.SO_RCVBUF));
  expect(granted.send).toBe(udp.getOption(libc, fd, constants.SOL_SOCKET, constants.SO_SNDBUF));
});

test.each([4, 6] as const)('fragmenting is switched per socket, IPv%i', family => {
  const { fd } = socket(family);
  const option = family === 4 ? constants.IP_MTU_DISCOVER : constants.IPV6_MTU_DISCOVER;
  const level = family === 4 ? constants.SOL_IP : constants.SOL_IPV6;
  for (const isSet of [true, false]) {
    expect(udp.setDontFragment(libc, fd, family, isSet)).toBe(true);
    expect(udp.getOption(libc, fd, level, option)).toBe(isSet ? constants.PMTUDISC_DO : constants.PMTUDISC_DONT);
  }
});

test('the limit of open files is told, and not lowered', () => {
  const now = raiseOpenFiles(libc, 1);
  expect(now).toBeGreaterThan(1);
  expect(raiseOpenFiles(libc, now)).toBe(now);
});

test('a refused call names itself and its error', () => {
  expect(() => must(libc, 'close', libc.close(-1))).toThrow(
    expect.objectContaining({ code: 'EBADF', syscall: 'close' }),
  );
});

test('memory is at an address that is a small integer, and pointers into it reach it', () => {
  const arena = new Arena(native, 1 << 20);
  expect(arena.address + (1 << 20)).toBeLessThan(2 ** 31);
  arena.bytes.set([7, 0, 0, 0], 4096);
  expect(new Int32Array(native.view(arena.pointer(4096), 4))[0]).toBe(7);
  arena.setPointer(0, 4096);
  expect(new BigUint64Array(arena.bytes.buffer)[0]).toBe(BigInt(arena.pointer(4096)));
});

const NAME = 1024;
const CONTROL = 1152;
const BYTES = 2048;

/** Room for one message with everything that belongs to it. */
function messages(): Arena {
  const arena = new Arena(native, 8192);
  const iov = 512;
  arena.setPointer(MMSGHDR.name, NAME);
  arena.setPointer(MMSGHDR.iov, iov);
  arena.setPointer(MMSGHDR.control, CONTROL);
  arena.words[MMSGHDR.iovLength / 4] = 1;
  arena.setPointer(iov + IOVEC.base, BYTES);
  arena.words[(iov + IOVEC.length) / 4] = 4096;
  return arena;
}

function socket(family: 4 | 6): { fd: number; at: Words } {
  const fd = udp.openUdp(libc, LOOPBACK[family], { family, reusePort: false });
  open.push(fd);
  return { fd, at: udp.boundTo(libc, fd) };
}

function constantsOf(from: Readonly<Record<string, unknown>>): Record<string, number> {
  const ours = ['PROT_READ_WRITE', 'MAP_PRIVATE_ANONYMOUS', 'UDP_MAX_SEGMENTS', 'PMTUDISC_DONT', 'PMTUDISC_DO'];
  const numbers = Object.entries(from).filter(([name, value]) => typeof value === 'number' && !ours.includes(name));
  return Object.fromEntries(numbers) as Record<string, number>;
}

function fromLayouts(): Record<string, number> {
  const event = epollEventOn(arch());
  return {
    'sizeof(struct mmsghdr)': MMSGHDR.size,
    'offsetof(struct mmsghdr, msg_hdr.msg_name)': MMSGHDR.name,
    'offsetof(struct mmsghdr, msg_hdr.msg_namelen)': MMSGHDR.nameLength,
    'offsetof(struct mmsghdr, msg_hdr.msg_iov)': MMSGHDR.iov,
    'offsetof(struct mmsghdr, msg_hdr.msg_iovlen)': MMSGHDR.iovLength,
    'offsetof(struct mmsghdr, msg_hdr.msg_control)': MMSGHDR.control,
    'offsetof(struct mmsghdr, msg_hdr.msg_controllen)': MMSGHDR.controlLength,
    'offsetof(struct mmsghdr, msg_hdr.msg_flags)': MMSGHDR.flags,
    'offsetof(struct mmsghdr, msg_len)': MMSGHDR.length,
    'sizeof(struct iovec)': IOVEC.size,
    'offsetof(struct iovec, iov_len)': IOVEC.length,
    'sizeof(struct sockaddr_in)': SOCKADDR.v4,
    'sizeof(struct sockaddr_in6)': SOCKADDR.v6,
    'sizeof(struct cmsghdr)': CMSGHDR.size,
    'offsetof(struct cmsghdr, cmsg_level)': CMSGHDR.level,
    'offsetof(struct cmsghdr, cmsg_type)': CMSGHDR.type,
    'offsetof(struct sock_extended_err, ee_origin)': EXTENDED_ERROR.origin,
    'offsetof(struct sock_extended_err, ee_type)': EXTENDED_ERROR.type,
    'offsetof(struct sock_extended_err, ee_code)': EXTENDED_ERROR.code,
    'offsetof(struct sock_extended_err, ee_info)': EXTENDED_ERROR.info,
    'sizeof(struct epoll_event)': event.size,
    'offsetof(struct epoll_event, data)': event.data,
    'sizeof(struct rlimit)': 16,
  };
}

const PROGRAM = `#define _GNU_SOURCE
#include <stddef.h>
#include <stdio.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <linux/errqueue.h>
#ifndef UDP_SEGMENT
#include <linux/udp.h>
#endif
#define ORIGIN_LOCAL SO_EE_ORIGIN_LOCAL
#define ORIGIN_ICMP SO_EE_ORIGIN_ICMP
#define ORIGIN_ICMP6 SO_EE_ORIGIN_ICMP6
`;

function fromHeaders(names: readonly string[]): Record<string, number> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-layouts-'));
  const prints = names.map(name => `  printf("%ld\\n", (long)(${name}));`).join('\n');
  writeFileSync(join(folder, 'layouts.c'), `${PROGRAM}int main(void) {\n${prints}\n  return 0;\n}\n`);
  execFileSync('gcc', ['-o', join(folder, 'layouts'), join(folder, 'layouts.c')]);
  const lines = execFileSync(join(folder, 'layouts'), { encoding: 'utf8' }).trim().split('\n');
  rmSync(folder, { recursive: true });
  return Object.fromEntries(names.map((name, i) => [name, Number(lines[i])]));
}
