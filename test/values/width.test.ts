import { describe, expect, it } from "vitest";
import { displayWidth } from "../../src/values/width.ts";

describe("displayWidth", () => {
  it.each([
    ["", 0],
    ["abc", 3],
    ["Zürich", 6],
    ["e\u0301", 1],
    ["日本語", 6],
    ["한국", 4],
    ["ｆｕｌｌ", 8],
    ["😀!", 3],
    ["❤\ufe0f", 1],
    ["€ → ─", 5],
  ])("of %j is %j", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});
