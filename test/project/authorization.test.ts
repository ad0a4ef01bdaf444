import fc from "fast-check";
import { expect, it } from "vitest";
import { HEADER_LENGTH_MAX, readAuthorization } from "../../src/project/authorization.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const urlSafe = (text: string) => Buffer.from(text).toString("base64url");
const account = (username: string, secret: string) => ({
  kind: "service_account",
  username,
  secret,
});
const project = (secret: string) => ({ kind: "secret", secret });

/** Its base64 has `+`, `/` and padding. */
const ODD = "ab?>~~\u{3ff}:s>?~~\u{3ff}\u{fbff}";

it.each([
  ["base64", `Basic ${base64("ada:s3cret")}`, account("ada", "s3cret")],
  ["base64 without padding", `Basic ${base64("ada:s").replaceAll("=", "")}`, account("ada", "s")],
  ["URL-safe base64", `Basic ${urlSafe(ODD)}`, account(...splitOnce(ODD))],
  ["standard base64 of the same", `Basic ${base64(ODD)}`, account(...splitOnce(ODD))],
  ["plain text", "Basic ada:s3cret", account("ada", "s3cret")],
  ["plain text that is base64 otherwise", "Basic abcd:efgh", account("abcd", "efgh")],
  ["a secret with colons", `Basic ${base64("ada:a:b:")}`, account("ada", "a:b:")],
  ["an empty password", `Basic ${base64("0123abcd:")}`, project("0123abcd")],
  ["a plain empty password", "Basic 0123abcd:", project("0123abcd")],
  ["no colon", `Basic ${base64("0123abcd")}`, project("0123abcd")],
  ["no colon, URL-safe", `Basic ${urlSafe("??>>secret~~~")}`, project("??>>secret~~~")],
  ["an encoded end of line", `Basic ${base64("ada:s3cret\n")}`, account("ada", "s3cret")],
  [
    "an encoded end of line after the colon",
    `Basic ${base64("0123abcd:\r\n")}`,
    project("0123abcd"),
  ],
  ["another case of the scheme", `bAsIc ${base64("ada:s")}`, account("ada", "s")],
  ["more spaces", `  Basic   ${base64("ada:s")}  `, account("ada", "s")],
  ["a bearer token", "Bearer t0ken", { kind: "bearer", token: "t0ken" }],
  ["a bearer token with a colon", "bearer a:b", { kind: "bearer", token: "a:b" }],
  ["a prototype's name", "Basic __proto__:constructor", account("__proto__", "constructor")],
])("reads %s", (_title, header, expected) => {
  expect(readAuthorization(header)).toEqual(expected);
});

it.each([
  ["nothing", ""],
  ["only a scheme", "Basic"],
  ["only a scheme and a space", "Basic "],
  ["another scheme", "Digest ada:s3cret"],
  ["no scheme", "ada:s3cret"],
  ["a prototype's name as scheme", "constructor ada:s3cret"],
  ["no base64", "Basic !!!!"],
  ["base64 with a space", "Basic YWRh OnM="],
  ["no user", `Basic ${base64(":s3cret")}`],
  ["no user and no secret", "Basic :"],
  ["an encoded end of line alone", `Basic ${base64("\n")}`],
  ["too long a header", `Basic ada:${"x".repeat(HEADER_LENGTH_MAX)}`],
])("reads nothing from %s", (_title, header) => {
  expect(readAuthorization(header)).toBeUndefined();
});

it("reads a header up to the limit", () => {
  const start = "Basic ada:";
  const secret = "x".repeat(HEADER_LENGTH_MAX - start.length);
  expect(readAuthorization(start + secret)).toEqual(account("ada", secret));
  expect(readAuthorization(`${start}${secret}x`)).toBeUndefined();
});

it("reads any credential it can write, whichever way it is written", () => {
  const word = fc.string({ minLength: 1, unit: "binary" }).filter((text) => !/[:\r\n]/.test(text));
  const write = fc.constantFrom(base64, urlSafe, (text: string) =>
    base64(text).replaceAll("=", ""),
  );
  fc.assert(
    fc.property(word, word, write, (username, secret, encode) => {
      expect(readAuthorization(`Basic ${encode(`${username}:${secret}`)}`)).toEqual(
        account(username, secret),
      );
    }),
  );
});

it("fails on no header at all", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("", "Basic ", "Bearer "),
      fc.string({ unit: "binary" }),
      (start, rest) => {
        readAuthorization(start + rest);
      },
    ),
  );
});

function splitOnce(text: string): [string, string] {
  const at = text.indexOf(":");
  return [text.slice(0, at), text.slice(at + 1)];
}
