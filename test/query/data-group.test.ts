import { describe, expect, it } from "vitest";
import { dataGroupId, groupKeyOf } from "../../src/query/data-group.ts";

describe("a data group", () => {
  it("is found by its key and by its id", () => {
    expect(groupKeyOf("company_id", ["company_id"])).toBe("company_id");
    expect(groupKeyOf(dataGroupId("company_id"), ["team", "company_id"])).toBe("company_id");
  });

  it("with a key of digits is found by it", () => {
    expect(groupKeyOf("42", ["company_id", "42"])).toBe("42");
  });

  it("nobody has written to is taken by name, and refused by number", () => {
    expect(groupKeyOf("team", [])).toBe("team");
    expect(() => groupKeyOf("43", [])).toThrow("Unknown data_group_id: 43");
    expect(() => groupKeyOf(dataGroupId("team"), [])).toThrow("Unknown data_group_id");
  });

  it("has the same id everywhere: a signed 64-bit number", () => {
    expect(dataGroupId("company_id")).toMatchInlineSnapshot(`"-5945649848446526603"`);
    for (const key of ["", "a", "ü", "x".repeat(1000)]) {
      expect(BigInt.asIntN(64, BigInt(dataGroupId(key))).toString()).toBe(dataGroupId(key));
    }
  });
});
