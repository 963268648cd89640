/** What comes in on a client's line. Bytes are borrowed until the call returns; `ticks` is when they came. */
export interface LinesSink {
  /** A whole STUN message that is no Data indication. */
  onControl(client: number, bytes: Uint8Array, start: number, end: number): void;
  /** The payload of a ChannelData message or a Data indication. */
  onPayload(client: number, bytes: Uint8Array, start: number, end: number, ticks: number): void;
}

/** Every client's way to the server: a UDP socket or a connection each. */
export interface Lines {
  /** Whether messages may get lost on the way. */
  readonly isReliable: boolean;
  /** Media messages that could not be sent. */
  readonly refused: number;
  open(client: number): Promise<void>;
  close(client: number): void;
  sendControl(client: number, message: Uint8Array): void;
  /** A payload of `size` bytes with a stamp, wrapped in the client's envelope. Goes out with the next flush. */
  sendPayload(client: number, size: number, mark: number, sequence: number, ticks: number): void;
  flush(): void;
}
