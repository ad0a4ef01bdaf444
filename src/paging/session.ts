/**
 * A query held open for paging: its frozen keys are what makes pages exact.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import type { Scope } from "../profile/profile.ts";

/** Who a session belongs to: to anyone else it does not exist. */
export interface SessionOwner {
  readonly projectId: number;
  readonly workspaceId: number;
}

/** What a session remembers beside its keys. */
export interface Session {
  /** Opaque; `1714557600-K3QX9A…`. */
  readonly id: string;
  readonly scope: Scope;
  readonly workspaceId: number;
  readonly pageSize: number;
  readonly total: number;
  /** Undefined gives every property. */
  readonly outputProperties: readonly string[] | undefined;
  /** Whether its keys may be those of strangers. */
  readonly includesStrangers: boolean;
  readonly createdAtMs: number;
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
/** 24 letters of 36 are 124 bits: nobody guesses one. */
const RANDOM_LETTER_COUNT = 24;
/** The largest multiple of 36 in a byte: bytes from here on would favour the first letters. */
const FAIR_BYTE_MAX = 252;

/** What a client may send back: visible ASCII. Anything else was never a session's id. */
const SENDABLE_ID = /^[!-~]{1,512}$/;

/** A new id that nobody can guess. */
export function newSessionId(nowMs: number): string {
  let letters = "";
  while (letters.length < RANDOM_LETTER_COUNT) {
    for (const byte of randomBytes(RANDOM_LETTER_COUNT)) {
      if (byte < FAIR_BYTE_MAX && letters.length < RANDOM_LETTER_COUNT) {
        letters += LETTERS[byte % LETTERS.length];
      }
    }
  }
  return `${Math.floor(nowMs / 1000)}-${letters}`;
}

/** Whether a text can name a session at all. */
export function isSessionId(text: string): boolean {
  return SENDABLE_ID.test(text);
}
