import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { expect, it } from "vitest";
import { csvLine } from "../../src/values/csv.ts";

const cells = fc.array(
  fc.oneof(fc.string(), fc.constantFrom("", '"', ",", "\r", "\n", "\r\n", 'a "b", c', " ")),
  { minLength: 1, maxLength: 5 },
);

it("writes lines as a library does, and they are read back as they were", () => {
  fc.assert(
    fc.property(cells, (row) => {
      const line = csvLine(row);
      expect(line).toBe(stringify([row], { record_delimiter: "\r\n", quoted_match: /[\r\n]/ }));
      if (line !== "\r\n") expect(parse(line, { record_delimiter: "\r\n" })).toEqual([row]);
    }),
  );
});
