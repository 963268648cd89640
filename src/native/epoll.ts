import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLIN } from './constants.ts';
import { must, type Pointer } from './libc.ts';
import type { Native, PollHandle } from './load.ts';

/** Many sockets behind one handle of node's event loop. */
export class Epoll {
  readonly #native: Native;
  readonly #fd: number;
  readonly #event = new Int32Array(4);
  #handle: PollHandle | undefined;

  constructor(native: Native) {
    this.#native = native;
    this.#fd = must(native.libc, 'epoll_create1', native.libc.epoll_create1(EPOLL_CLOEXEC));
  }

  /** Reports `fd` under `token` while it is readable or has errors. */
  add(fd: number, token: number): void {
    const { libc, epollEvent } = this.#native;
    this.#event[0] = EPOLLIN;
    this.#event[epollEvent.data / 4] = token;
    must(libc, 'epoll_ctl', libc.epoll_ctl(this.#fd, EPOLL_CTL_ADD, fd, this.#event));
  }

  remove(fd: number): void {
    this.#native.libc.epoll_ctl(this.#fd, EPOLL_CTL_DEL, fd, this.#event);
  }

  /** Fills `events` with what is ready now and returns how many; never waits. Allocates nothing. */
  ready(events: Pointer, most: number): number {
    return this.#native.libc.epoll_wait(this.#fd, events, most, 0);
  }

  /** Calls back in node's event loop while anything is ready. Keeps the process alive. */
  start(callback: () => void): void {
    this.#handle = this.#native.poll(this.#fd, callback);
    this.#handle.ref();
  }

  close(): void {
    this.#handle?.close();
    this.#handle = undefined;
    this.#native.libc.close(this.#fd);
  }
}
