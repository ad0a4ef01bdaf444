/**
 * Secrets of service accounts: what is kept of them, and whether one fits.
 *
 * Only a scrypt hash is kept. Checking one is slow on purpose, so a server remembers for a few minutes
 * which credentials it has checked, and checks few at a time.
 *
 * @module
 */
import {
  hash as digest,
  randomBytes,
  type ScryptOptions,
  scrypt,
  timingSafeEqual,
} from "node:crypto";
import type { Clock } from "../clock.ts";
import { refuse } from "./limit.ts";
import type { ServiceAccount } from "./project.ts";

/** Cost of a hash: 2^14 blocks of 1 kB, about 16 MB and 50 ms. */
const COST_LOG2 = 14;
const BLOCK_SIZE = 8;
const PARALLELISM = 1;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** Hashes that a file may ask us to compute; more would let it stop the server. */
const COST_LOG2_MAX = 20;

/** A longer secret is wrong without a look. */
export const SECRET_BYTES_MAX = 1024;

/** How long a checked credential is remembered. */
export const VERIFIED_MS_MAX: number = 5 * 60_000;

/** How many checked credentials are remembered; the oldest goes first. */
const VERIFIED_COUNT_MAX = 10_000;

/** How many checks run at once: half of the threads that Node.js also reads files with. */
const RUNNING_COUNT_MAX = 2;

/** How many checks wait; more are refused, as they would time out. */
export const WAITING_COUNT_MAX = 64;

const HASH_PATTERN = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w-]+)\$([\w-]+)$/;

interface Hash {
  readonly costLog2: number;
  readonly blockSize: number;
  readonly parallelism: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** 256 bits. */
const SECRET_BYTES = 32;

/** A new secret, and what is kept of it. */
export async function makeSecret(): Promise<{
  readonly secret: string;
  readonly secretHash: string;
}> {
  const secret = randomBytes(SECRET_BYTES).toString("hex");
  return { secret, secretHash: await hashSecret(secret) };
}

/** What is kept of a secret: `$scrypt$ln=14,r=8,p=1$salt$hash`, base64url without padding. */
export async function hashSecret(secret: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const cost = { costLog2: COST_LOG2, blockSize: BLOCK_SIZE, parallelism: PARALLELISM };
  const hash = await derive(secret, { ...cost, salt, hash: Buffer.alloc(HASH_BYTES) });
  return format({ ...cost, salt, hash });
}

/** Whether a secret is the one a hash was made of; false for a text that is no hash. */
export async function verifySecret(secret: string, secretHash: string): Promise<boolean> {
  const expected = parse(secretHash);
  if (expected === undefined || Buffer.byteLength(secret) > SECRET_BYTES_MAX) return false;
  // Scrypt pads short secrets with NUL, which makes "a" and "a\0" the same to it.
  if (secret.includes("\0")) return false;
  return timingSafeEqual(await derive(secret, expected), expected.hash);
}

/** Lives as long as the process, so that digests mean nothing outside it. */
const DIGEST_KEY = randomBytes(32).toString("hex");

/**
 * A text under a key nobody knows.
 *
 * How long looking one up takes tells something about the digest, which nobody can choose. It is made for every
 * request and given to nobody, so the key may simply stand before the text: an HMAC takes three times as long.
 */
export function digestSecret(text: string): string {
  return digest("sha256", DIGEST_KEY + text, "base64");
}

/** Whether two texts are the same, in a time that does not depend on where they differ. */
export function isSameSecret(left: string, right: string): boolean {
  return timingSafeEqual(Buffer.from(digestSecret(left)), Buffer.from(digestSecret(right)));
}

/** Checks credentials for a server, remembering the good ones. */
export class CredentialVerifier {
  readonly #clock: Clock;
  readonly #verifiedCountMax: number;
  /** When each checked credential is to be forgotten; oldest first. */
  readonly #verified = new Map<string, number>();
  /** Checks under way, so that the first requests of a busy client share one. */
  readonly #pending = new Map<string, Promise<boolean>>();
  readonly #slots = new Slots(RUNNING_COUNT_MAX, WAITING_COUNT_MAX);
  /** Belongs to nobody: checking against it costs what checking a real one costs. */
  readonly #nobody = format({
    costLog2: COST_LOG2,
    blockSize: BLOCK_SIZE,
    parallelism: PARALLELISM,
    salt: randomBytes(SALT_BYTES),
    hash: randomBytes(HASH_BYTES),
  });

  constructor(clock: Clock, verifiedCountMax: number = VERIFIED_COUNT_MAX) {
    this.#clock = clock;
    this.#verifiedCountMax = verifiedCountMax;
  }

  /** Whether this very credential was checked a short time ago. */
  isKnown(account: ServiceAccount, secret: string): boolean {
    const forgetAtMs = this.#verified.get(digestOf(account, secret));
    const nowMs = this.#clock.now();
    return forgetAtMs !== undefined && nowMs < forgetAtMs && nowMs >= forgetAtMs - VERIFIED_MS_MAX;
  }

  /**
   * Whether a secret is the account's.
   *
   * @param account undefined for a username nobody has, which costs the same
   * @throws `access.too_many_attempts` when too many checks wait
   */
  async verify(account: ServiceAccount | undefined, secret: string): Promise<boolean> {
    if (account !== undefined && this.isKnown(account, secret)) return true;
    const digest = digestOf(account, secret);
    let pending = this.#pending.get(digest);
    if (pending === undefined) {
      pending = this.#check(account, secret, digest).finally(() => this.#pending.delete(digest));
      this.#pending.set(digest, pending);
    }
    return await pending;
  }

  async #check(
    account: ServiceAccount | undefined,
    secret: string,
    digest: string,
  ): Promise<boolean> {
    const secretHash = account?.secretHash ?? this.#nobody;
    const fits = await this.#slots.run(() => verifySecret(secret, secretHash));
    if (!fits || account === undefined) return false;
    this.#verified.delete(digest);
    this.#verified.set(digest, this.#clock.now() + VERIFIED_MS_MAX);
    for (const oldest of this.#verified.keys()) {
      if (this.#verified.size <= this.#verifiedCountMax) break;
      this.#verified.delete(oldest);
    }
    return true;
  }
}

/** Names a credential without keeping it; changes with the account's secret. */
function digestOf(account: ServiceAccount | undefined, secret: string): string {
  if (account === undefined) return digestSecret(`nobody ${secret}`);
  const { username, secretHash } = account;
  // With the lengths no two credentials are one text.
  return digestSecret(`${username.length} ${secretHash.length} ${username}${secretHash}${secret}`);
}

/** Runs few tasks at once and lets few wait. */
class Slots {
  readonly #runningMax: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(runningMax: number, waitingMax: number) {
    this.#runningMax = runningMax;
    this.#waitingMax = waitingMax;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.#runningMax) {
      this.#running += 1;
    } else if (this.#waiting.length < this.#waitingMax) {
      // The task that ends hands its slot over, so the count stays.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      const facts = { retryAfterSeconds: 1 };
      throw refuse("access.too_many_attempts", facts, { "Retry-After": "1" });
    }
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

function derive(secret: string, hash: Hash): Promise<Buffer> {
  const cost = 2 ** hash.costLog2;
  const options: ScryptOptions = {
    N: cost,
    r: hash.blockSize,
    p: hash.parallelism,
    maxmem: 256 * cost * hash.blockSize,
  };
  return new Promise((resolve, reject) => {
    scrypt(secret, hash.salt, hash.hash.length, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function format(hash: Hash): string {
  const cost = `ln=${hash.costLog2},r=${hash.blockSize},p=${hash.parallelism}`;
  return `$scrypt$${cost}$${hash.salt.toString("base64url")}$${hash.hash.toString("base64url")}`;
}

function parse(text: string): Hash | undefined {
  const [, costLog2, blockSize, parallelism, salt = "", hash = ""] = HASH_PATTERN.exec(text) ?? [];
  const parsed = {
    costLog2: Number(costLog2),
    blockSize: Number(blockSize),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, "base64url"),
    hash: Buffer.from(hash, "base64url"),
  };
  const isUsable =
    parsed.costLog2 >= 1 &&
    parsed.costLog2 <= COST_LOG2_MAX &&
    parsed.blockSize >= 1 &&
    parsed.blockSize <= 32 &&
    parsed.parallelism >= 1 &&
    parsed.parallelism <= 16 &&
    parsed.hash.length >= 16;
  return isUsable ? parsed : undefined;
}
