import { describe, expect, it } from "vitest";
import { EVENT_LINES, PROFILE_RECORDS, readRecords } from "../../src/http/ingest-body.ts";

/** More than is decoded or parsed at once. */
const RECORDS = Array.from({ length: 1_000 }, (_, index) => ({
  $distinct_id: `${index}`,
  $set: { note: `"é\u{1F600}" \\ ,[{${"x".repeat(400)}`, index },
}));
const JSON_TEXT = JSON.stringify(RECORDS);
const BASE64 = Buffer.from(JSON_TEXT).toString("base64");

describe("many records", () => {
  it.each([
    ["a list", JSON_TEXT],
    ["a list over several lines", JSON.stringify(RECORDS, undefined, 2)],
    ["base64", BASE64],
    ["base64 of the other alphabet, without padding", Buffer.from(JSON_TEXT).toString("base64url")],
    ["base64 whose plus signs became spaces", BASE64.replaceAll("+", " ")],
    ["base64 that is broken into lines", BASE64.replaceAll(/.{61}/g, "$&\r\n")],
    ["base64 whose padding is broken into lines", `${BASE64.replace(/=*$/, "")}\n=\t=\n`],
  ])("are read from %s", async (_, data) => {
    expect(await readRecords(data, PROFILE_RECORDS)).toEqual(RECORDS);
  });

  it("are read from a line each", async () => {
    const lines = RECORDS.map((record) => JSON.stringify(record)).join("\n");
    expect(await readRecords(lines, EVENT_LINES)).toEqual(RECORDS);
  });

  it("keep the digits of ids that are numbers", async () => {
    const text = JSON_TEXT.replaceAll(
      /"\$distinct_id":"(\d+)"/g,
      '"$distinct_id":123456789012345$1',
    );
    const read = (await readRecords(text, PROFILE_RECORDS)) as typeof RECORDS;
    expect(read.map((record) => String(record.$distinct_id))).toEqual(
      RECORDS.map(({ $distinct_id: id }) => `123456789012345${id}`),
    );
  });

  it.each([
    ["base64 with a digit that is none", `${BASE64.slice(0, 500_000)}!${BASE64.slice(500_000)}`],
    ["base64 with padding within", `${BASE64.slice(0, 500_000)}=${BASE64.slice(500_000)}`],
    ["base64 with too much padding", `${BASE64}===`],
  ])("are not read from %s", async (_, data) => {
    await expect(readRecords(data, PROFILE_RECORDS)).rejects.toMatchObject({
      code: "ingest.undecodable",
      message: expect.stringContaining("neither JSON nor base64"),
    });
  });

  it("are refused with what is wrong, and where in all of the text", async () => {
    const broken = JSON_TEXT.replace('"$distinct_id":"900"', '"$distinct_id" "900"');
    const { message } = (await readRecords(broken, PROFILE_RECORDS).catch(
      (error: Error) => error,
    )) as Error;
    const expected = (() => {
      try {
        return JSON.parse(broken) as unknown;
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(message).toContain(expected);
  });
});
