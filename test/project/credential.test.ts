import { describe, expect, it, vi } from "vitest";
import {
  CredentialVerifier,
  hashSecret,
  isSameSecret,
  SECRET_BYTES_MAX,
  VERIFIED_MS_MAX,
  verifySecret,
  WAITING_COUNT_MAX,
} from "../../src/project/credential.ts";
import type { ServiceAccount } from "../../src/project/project.ts";
import { manualClock } from "./support.ts";

const scrypted = vi.hoisted(() => ({ count: 0 }));

vi.mock("node:crypto", async (importOriginal) => {
  const crypto = await importOriginal<typeof import("node:crypto")>();
  const scrypt = (...args: Parameters<typeof crypto.scrypt>) => {
    scrypted.count += 1;
    crypto.scrypt(...args);
  };
  return { ...crypto, scrypt };
});

async function countScrypts(action: () => Promise<unknown>): Promise<number> {
  const before = scrypted.count;
  await action();
  return scrypted.count - before;
}

async function makeAccount(secret: string): Promise<ServiceAccount> {
  const secretHash = await hashSecret(secret);
  return { id: 1, username: "a", secretHash, roles: [], createdAtMs: 0, expiresAtMs: undefined };
}

describe("a hash", () => {
  it("fits its secret and no other", async () => {
    const hash = await hashSecret("sesame");
    expect(hash).toMatch(/^\$scrypt\$ln=14,r=8,p=1\$[\w-]{22}\$[\w-]{43}$/);
    expect(hash).not.toContain("sesame");
    expect(await verifySecret("sesame", hash)).toBe(true);
    for (const wrong of ["", "Sesame", "sesame ", "sesam", "sesame\0"]) {
      expect(await verifySecret(wrong, hash)).toBe(false);
    }
  });

  it("differs each time, as its salt does", async () => {
    expect(await hashSecret("sesame")).not.toBe(await hashSecret("sesame"));
  });

  it("has the cost it says, so that it can change", async () => {
    const hash = await hashSecret("sesame");
    expect(await verifySecret("sesame", hash.replace("ln=14", "ln=13"))).toBe(false);
  });

  it.each([
    "",
    "plain",
    "$scrypt$ln=14,r=8,p=1$c2FsdA$",
    "$scrypt$ln=40,r=8,p=1$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA",
    "$scrypt$ln=14,r=99,p=1$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA",
    "$scrypt$ln=14,r=8,p=0$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA",
    "$argon2$ln=14,r=8,p=1$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA",
  ])("fits nothing when it is %j, and computes nothing", async (text) => {
    const count = await countScrypts(async () => {
      expect(await verifySecret("sesame", text)).toBe(false);
    });
    expect(count).toBe(0);
  });

  it("is checked for secrets up to the limit only", async () => {
    const longest = "x".repeat(SECRET_BYTES_MAX);
    const hash = await hashSecret(longest);
    expect(await verifySecret(longest, hash)).toBe(true);
    expect(await countScrypts(() => verifySecret(`${longest}x`, hash))).toBe(0);
  });
});

describe("a verifier", () => {
  it("computes once for a credential it knows", async () => {
    const clock = manualClock();
    const verifier = new CredentialVerifier(clock);
    const account = await makeAccount("sesame");
    expect(verifier.isKnown(account, "sesame")).toBe(false);
    expect(await countScrypts(() => verifier.verify(account, "sesame"))).toBe(1);
    expect(verifier.isKnown(account, "sesame")).toBe(true);
    expect(await countScrypts(() => verifier.verify(account, "sesame"))).toBe(0);
    clock.forward(VERIFIED_MS_MAX - 1);
    expect(verifier.isKnown(account, "sesame")).toBe(true);
    clock.forward(1);
    expect(verifier.isKnown(account, "sesame")).toBe(false);
    expect(await countScrypts(() => verifier.verify(account, "sesame"))).toBe(1);
  });

  it("remembers a bounded number of credentials, the latest", async () => {
    const verifier = new CredentialVerifier(manualClock(), 2);
    const account = await makeAccount("sesame");
    const named = ["a", "b", "c"].map((username) => ({ ...account, username }));
    for (const each of named) await verifier.verify(each, "sesame");
    expect(named.map((each) => verifier.isKnown(each, "sesame"))).toEqual([false, true, true]);
  });

  it("forgets when the clock was set back", async () => {
    const clock = manualClock();
    const verifier = new CredentialVerifier(clock);
    const account = await makeAccount("sesame");
    await verifier.verify(account, "sesame");
    clock.forward(-1);
    expect(verifier.isKnown(account, "sesame")).toBe(false);
  });

  it("does not know a credential of another account, or after a change of its secret", async () => {
    const verifier = new CredentialVerifier(manualClock());
    const account = await makeAccount("sesame");
    await verifier.verify(account, "sesame");
    expect(verifier.isKnown({ ...account, username: "b" }, "sesame")).toBe(false);
    expect(verifier.isKnown(account, "Sesame")).toBe(false);
    const changed = await makeAccount("simsim");
    expect(await verifier.verify(changed, "sesame")).toBe(false);
    expect(await verifier.verify(changed, "simsim")).toBe(true);
  });

  it("computes for wrong secrets and unknown accounts each time, the same", async () => {
    const verifier = new CredentialVerifier(manualClock());
    const account = await makeAccount("sesame");
    for (const who of [account, undefined, account, undefined]) {
      const count = await countScrypts(async () => {
        expect(await verifier.verify(who, "wrong")).toBe(false);
      });
      expect(count).toBe(1);
    }
  });

  it("computes once for the same credential at the same time", async () => {
    const verifier = new CredentialVerifier(manualClock());
    const account = await makeAccount("sesame");
    const count = await countScrypts(async () => {
      const answers = await Promise.all(
        Array.from({ length: 200 }, () => verifier.verify(account, "sesame")),
      );
      expect(new Set(answers)).toEqual(new Set([true]));
    });
    expect(count).toBe(1);
  });

  it("refuses more checks than can wait, and recovers", async () => {
    const verifier = new CredentialVerifier(manualClock());
    const running = 2;
    const answers = await Promise.allSettled(
      Array.from({ length: running + WAITING_COUNT_MAX + 5 }, (_, index) =>
        verifier.verify(undefined, `guess ${index}`),
      ),
    );
    expect(answers.filter(({ status }) => status === "rejected")).toHaveLength(5);
    const [refused] = answers.slice(-1);
    expect(refused).toMatchObject({
      reason: { code: "access.too_many_attempts", headers: { "Retry-After": "1" } },
    });
    expect(await verifier.verify(undefined, "later")).toBe(false);
  });

  it("lets the event loop run meanwhile", async () => {
    const verifier = new CredentialVerifier(manualClock());
    let isDone = false;
    const check = verifier.verify(undefined, "guess").then(() => {
      isDone = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isDone).toBe(false);
    await check;
  });
});

it.each([
  ["", "", true],
  ["a", "a", true],
  ["a", "b", false],
  ["a", "aa", false],
  ["ä", "a\u0308", false],
])("compares %j with %j", (left, right, expected) => {
  expect(isSameSecret(left, right)).toBe(expected);
});
