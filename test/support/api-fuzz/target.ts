/**
 * A server in this process with something in it, for requests that are sent without a socket.
 *
 * @module
 */
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import type { InjectOptions, LightMyRequestResponse as InjectResponse } from "fastify";
import { ORGANIZATION } from "../../../src/project/project.ts";
import { basic, startTestServer, type TestServer } from "../server.ts";
import type { FuzzAnswer } from "./check.ts";
import type { Send } from "./fuzz.ts";
import { operationsOf, type Target } from "./requests.ts";

/** A server, what requests to it are made of, and how they are sent. */
export interface FuzzServer {
  readonly server: TestServer;
  readonly target: Target;
  readonly send: Send;
}

/** Starts one. */
export async function startFuzzServer(): Promise<FuzzServer> {
  const server = await startTestServer();
  const { project, directory } = server;
  for (let n = 0; n < 40; n++) {
    await server.set(`p${n}`, { n, plan: n % 2 === 0 ? "pro" : "free", tags: ["a", "é"] });
  }
  const opened = await server.query({ page_size: 10 });
  const account = await directory.createServiceAccount({
    name: "fuzz",
    projectIds: [project.id],
    role: "owner",
  });
  const document = await server.send({ url: "/openapi.json" });
  const target: Target = {
    operations: operationsOf(document.json),
    known: {
      project_id: String(project.id),
      workspace_id: String(project.workspaces[0]?.id),
      organization_id: String(ORGANIZATION.id),
      session_id: opened.json.session_id,
      token: project.token,
    },
    authorizations: [
      basic(account.account.username, account.secret),
      basic(account.account.username, account.secret),
      basic(project.apiSecret, ""),
      basic(project.token, ""),
      undefined,
      "Basic",
      "Basic %%%",
      "Bearer x",
      basic("a:b", "\0"),
    ],
  };
  return { server, target, send: (request) => inject(server, request) };
}

async function inject(
  { app, clock }: TestServer,
  { method, url, headers, body }: Parameters<Send>[0],
): Promise<FuzzAnswer> {
  // Wrong credentials are braked after some; the next request comes later.
  clock.nowMs += 60_000;
  const options = { method, url, headers, ...(body !== undefined && { payload: body }) };
  const startedMs = performance.now();
  const pending: Promise<InjectResponse> = app.inject(options as InjectOptions);
  const response = await pending;
  return {
    status: response.statusCode,
    headers: response.headers,
    text: decoded(response.headers["content-encoding"], response.rawPayload),
    elapsedMs: performance.now() - startedMs,
  };
}

/** The text of a body as it was before it was compressed. */
export function decoded(encoding: unknown, bytes: Buffer): string {
  if (encoding === "gzip") return gunzipSync(bytes).toString("utf8");
  if (encoding === "deflate") return inflateSync(bytes).toString("utf8");
  return (encoding === "br" ? brotliDecompressSync(bytes) : bytes).toString("utf8");
}
