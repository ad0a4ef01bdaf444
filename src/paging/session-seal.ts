/**
 * Sessions that stand whole in their ids: those of one page of few profiles, for which a file would cost more than the
 * query did.
 *
 * The id is encrypted, so that it tells nothing and none can be made up.
 *
 * @module
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FrozenKeys } from "../store/frozen-keys.ts";
import type { ProfileKeys } from "../store/store.ts";
import type { Session } from "./session.ts";

/** A session and its keys. */
export interface OpenSession {
  readonly session: Session;
  readonly keys: ProfileKeys;
}

const CIPHER = "aes-256-gcm";
const SECRET_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SECRET_FILE = "secret";

/** Ids stand in query strings. */
const SEALED_LENGTH_MAX = 400;
/** More keys than this make no id that is short enough. */
const KEYS_MAX = 64;

/** Looks like any other id, but is longer. */
const SEALED_ID = /^\d{1,12}-((?:[0-9A-F]{2}){40,200})$/;

/** The members of a sealed session, in order. */
type Members = readonly [
  createdAtMs: number,
  projectId: number,
  workspaceId: number,
  groupKey: string | null,
  pageSize: number,
  outputProperties: readonly string[] | null,
  includesStrangers: 0 | 1,
  keys: readonly number[],
];

/** Seals sessions and opens them again. */
export class SessionSeal {
  readonly #secret: Buffer;

  private constructor(secret: Buffer) {
    this.#secret = secret;
  }

  /** With the secret of a session folder, which is made when missing. */
  static async of(folder: string): Promise<SessionSeal> {
    const path = join(folder, SECRET_FILE);
    const found = await readFile(path).catch((failure: NodeJS.ErrnoException) => {
      if (failure.code === "ENOENT") return undefined;
      throw failure;
    });
    if (found?.length === SECRET_BYTES) return new SessionSeal(found);
    const secret = randomBytes(SECRET_BYTES);
    await writeFile(path, secret, { mode: 0o600 });
    return new SessionSeal(secret);
  }

  /** The session with an id that holds it; undefined if that would be too long. */
  seal(draft: Omit<Session, "id">, frozen: FrozenKeys): Session | undefined {
    // One of more pages is read on in, and lives for as long as that goes on.
    if (frozen.count > Math.min(KEYS_MAX, draft.pageSize)) return undefined;
    const members: Members = [
      draft.createdAtMs,
      draft.scope.projectId,
      draft.workspaceId,
      draft.scope.groupKey ?? null,
      draft.pageSize,
      draft.outputProperties ?? null,
      draft.includesStrangers ? 1 : 0,
      [...frozen.first(KEYS_MAX)],
    ];
    const text = JSON.stringify(members);
    if (text.length > SEALED_LENGTH_MAX) return undefined;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#secret, nonce);
    const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final()]);
    const hex = Buffer.concat([sealed, cipher.getAuthTag()]).toString("hex").toUpperCase();
    const id = `${Math.floor(draft.createdAtMs / 1000)}-${hex}`;
    return id.length > SEALED_LENGTH_MAX ? undefined : { ...draft, id };
  }

  /** The session that an id holds; undefined for an id that was not made here. */
  open(id: string): OpenSession | undefined {
    const bytes = Buffer.from(SEALED_ID.exec(id)?.[1] ?? "", "hex");
    if (bytes.length <= NONCE_BYTES + TAG_BYTES) return undefined;
    const decipher = createDecipheriv(CIPHER, this.#secret, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, "utf8");
      return fromMembers(id, JSON.parse(text + decipher.final("utf8")) as Members);
    } catch {
      return undefined;
    }
  }
}

function fromMembers(id: string, members: Members): OpenSession {
  const [createdAtMs, projectId, workspaceId, groupKey, pageSize, output, strangers, keys] =
    members;
  const session: Session = {
    id,
    scope: { projectId, groupKey: groupKey ?? undefined },
    workspaceId,
    pageSize,
    total: keys.length,
    outputProperties: output ?? undefined,
    includesStrangers: strangers === 1,
    createdAtMs,
  };
  return { session, keys: Uint32Array.from(keys) };
}
