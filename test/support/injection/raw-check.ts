/**
 * Hostile bytes where HTTP libraries would not let them through: in the request line and in headers, over a socket.
 *
 * @module
 */
import { connect } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { startTestServer, type TestServer } from "../server.ts";
import { logFaults, metricsFaults } from "./answer-checks.ts";

/** What came of a check. */
export interface RawReport {
  readonly requestCount: number;
  readonly violations: readonly string[];
}

const HEADERS = [
  "Origin",
  "X-Request-Id",
  "Authorization",
  "Content-Type",
  "Content-Encoding",
  "Accept-Encoding",
  "Cookie",
  "User-Agent",
  "X-Forwarded-For",
  "Forwarded",
  "Access-Control-Request-Headers",
  "Access-Control-Request-Method",
  "Range",
  "If-None-Match",
  "Host",
];

/** No character that could end a header. What a page calls its origin is repeated as it came. */
const HEADER_LINE = /^[A-Za-z][A-Za-z-]*: [\t\x20-\x7e\x80-\xff]*$/;

/** Sends each text in each place. */
export async function checkRaw(texts: readonly string[]): Promise<RawReport> {
  const server = await startTestServer();
  const url = new URL(await server.listen("127.0.0.1", 0));
  const violations: string[] = [];
  let requestCount = 0;
  const send = async (text: string, request: string): Promise<void> => {
    requestCount++;
    const answer = await exchange(Number(url.port), request);
    for (const fault of rawFaults(answer)) violations.push(`${fault} — ${JSON.stringify(text)}`);
  };
  for (const text of texts) {
    // Bytes as they are, and one byte for each character.
    for (const bytes of [Buffer.from(text), Buffer.from(text, "latin1")]) {
      const raw = bytes.toString("latin1");
      const line = raw.replaceAll(/[\r\n ]/g, "");
      await send(text, `GET /${line}?${line} HTTP/1.1\r\nHost: a\r\n${END}`);
      await send(text, `GET http://${line}/health/live HTTP/1.1\r\nHost: a\r\n${END}`);
      await send(text, `${line} /engage HTTP/1.1\r\nHost: a\r\n${END}`);
      const headers = HEADERS.map((name) => `${name}: ${raw.replaceAll(/[\r\n]/g, "")}\r\n`);
      await send(text, `POST /engage HTTP/1.1\r\nHost: a\r\n${headers.join("")}${END}`);
      for (const header of headers) {
        const host = header.startsWith("Host") ? "" : "Host: a\r\n";
        const method = header.startsWith("Access") ? "OPTIONS" : "GET";
        await send(text, `${method} /track HTTP/1.1\r\n${host}${header}${END}`);
      }
      await send(text, `GET /health/live HTTP/1.1\r\nHost: a\r\nX-Request-Id: ${raw}\r\n${END}`);
    }
  }
  violations.push(...(await finish(server)));
  return { requestCount, violations };
}

const END = "Connection: close\r\n\r\n";

async function finish(server: TestServer): Promise<readonly string[]> {
  const { text } = await server.send({ url: "/metrics" });
  await server.stop();
  return [...logFaults(server.log), ...metricsFaults(text)];
}

async function exchange(port: number, request: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.setEncoding("latin1");
  socket.on("error", () => {
    // Bytes that are no request end the connection.
  });
  socket.write(Buffer.from(request, "latin1"));
  return textOf(socket).catch(() => "");
}

/** What is wrong with the bytes of an answer. */
export function rawFaults(answer: string): readonly string[] {
  if (answer === "") return [];
  const faults: string[] = [];
  const [head = ""] = answer.split("\r\n\r\n", 1);
  const [status = "", ...lines] = head.split("\r\n");
  if (!/^HTTP\/1\.1 [1-4]\d\d /.test(status))
    faults.push(`the status line ${JSON.stringify(status)}`);
  for (const line of lines) {
    if (!HEADER_LINE.test(line) || /^(?:x-forged|set-cookie)/i.test(line)) {
      faults.push(`the header ${JSON.stringify(line)}`);
    }
  }
  return faults;
}
