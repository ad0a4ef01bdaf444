import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type AccessRequest,
  type AccessSettings,
  authenticate,
  createAccessContext,
} from "../../src/project/access.ts";
import { ProjectDirectory } from "../../src/project/directory.ts";
import type { Access, Project } from "../../src/project/project.ts";
import { sign } from "../../src/project/signature.ts";
import { codeOfFailure, makeRequest, manualClock } from "./support.ts";

const HOUR_MS = 3_600_000;
const clock = manualClock();
const directory = ProjectDirectory.inMemory(clock);
let shop: Project;
let bank: Project;

beforeAll(async () => {
  shop = await directory.createProject({ name: "Shop" });
  bank = await directory.createProject({ name: "Bank" });
});

function ask(request: AccessRequest, settings: AccessSettings = {}): Promise<Access> {
  return authenticate(directory, request, createAccessContext(clock, settings));
}

const base64 = (text: string) => Buffer.from(text).toString("base64");
const projectSecret = () => `Basic ${base64(`${shop.apiSecret}:`)}`;

describe("a signed request", () => {
  const SIGNED: AccessSettings = { signedRequests: true };
  const expire = (deltaMs = HOUR_MS) => String(Math.floor((clock.now() + deltaMs) / 1000));

  function signed(
    more: Record<string, unknown> = {},
    apiSecret = shop.apiSecret,
  ): Record<string, unknown> & { readonly sig: string } {
    const parameters = {
      api_key: shop.token,
      expire: expire(),
      where: 'properties["a"] == "ä"',
      ...more,
    };
    return { ...parameters, sig: sign(Object.entries(parameters), apiSecret) };
  }

  it("is signed as old clients sign", () => {
    const parameters: [string, unknown][] = [
      ["event", ["pages", "signups"]],
      ["sig", "ignored"],
      ["expire", "1400000000"],
      ["callback", "ignored"],
      ["api_key", "f0aa346688cee071cd85d857285a3464"],
      ["limit", 10],
    ];
    const text =
      'api_key=f0aa346688cee071cd85d857285a3464event=["pages","signups"]expire=1400000000limit=10secret';
    expect(sign(parameters, "secret")).toBe(createHash("md5").update(text).digest("hex"));
    expect(sign([["a", "ä"]], "ö")).toBe(createHash("md5").update("a=äö").digest("hex"));
  });

  it("reads its project where they are accepted", async () => {
    const access = await ask(makeRequest(undefined, signed()), SIGNED);
    expect([access.principal, access.project]).toEqual([{ kind: "signed_request" }, shop]);
    const plain = signed();
    const upper = { ...plain, sig: plain.sig.toUpperCase() };
    expect((await ask(makeRequest("", upper), SIGNED)).project).toBe(shop);
    const jsonp = { ...signed(), callback: "show" };
    expect((await ask(makeRequest(undefined, jsonp), SIGNED)).project).toBe(shop);
    const atTheLimit = signed({ expire: expire(0) });
    expect((await ask(makeRequest(undefined, atTheLimit), SIGNED)).project).toBe(shop);
  });

  it.each([
    ["where they are not accepted", () => signed(), {}],
    ["after its time", () => signed({ expire: expire(-1000) }), SIGNED],
    ["without a time", () => signed({ expire: "" }), SIGNED],
    ["with no number for a time", () => signed({ expire: "soon" }), SIGNED],
    ["when a parameter was changed", () => ({ ...signed(), where: "true" }), SIGNED],
    ["when a parameter was added", () => ({ ...signed(), limit: "1" }), SIGNED],
    ["with another project's secret", () => signed({}, bank.apiSecret), SIGNED],
    ["with another project's key", () => ({ ...signed(), api_key: bank.token }), SIGNED],
    ["with an unknown key and no secret", () => signed({ api_key: "x" }, ""), SIGNED],
    ["without a key", () => signed({ api_key: undefined }), SIGNED],
    ["without a signature", () => ({ ...signed(), sig: "" }), SIGNED],
    ["with a list of signatures", () => ({ ...signed(), sig: [signed().sig] }), SIGNED],
  ])("is refused %s", async (_title, parameters, settings) => {
    const request = makeRequest(undefined, parameters());
    expect(await codeOfFailure(() => ask(request, settings))).toBe("access.unauthenticated");
  });

  it("names no other project", async () => {
    const request = makeRequest(undefined, signed({ project_id: String(bank.id) }));
    expect(await codeOfFailure(() => ask(request, SIGNED))).toBe("access.project_forbidden");
  });

  it("comes after the header", async () => {
    const access = await ask(makeRequest(projectSecret(), signed()), SIGNED);
    expect(access.principal.kind).toBe("project_secret");
    const wrong = makeRequest("Basic bm9ib2R5Og==", signed());
    expect(await codeOfFailure(() => ask(wrong, SIGNED))).toBe("access.unauthenticated");
  });
});
