import { describe, expect, it } from "vitest";
import { RECENT_BYTES_MAX, RecentDocuments } from "../../src/duckdb/recent-documents.ts";

function document(key: number, length = 2) {
  return { key, propertiesJson: `{${" ".repeat(length - 2)}}` };
}

describe("recent documents", () => {
  it("are found by table and id, as they were put last", () => {
    const recent = new RecentDocuments();
    recent.put(1, "ada", document(1));
    recent.put(2, "ada", document(2));
    recent.put(1, "ada", document(3));
    expect(recent.get(1, "ada")).toEqual(document(3));
    expect(recent.get(2, "ada")).toEqual(document(2));
    expect(recent.get(1, "bob")).toBeUndefined();
    expect(recent.get(12, "")).toBeUndefined();
  });

  it("are not found once they are taken out, even if they were put before many others", () => {
    const recent = new RecentDocuments(20_000);
    recent.put(1, "ada", document(1));
    for (let key = 0; key < 45; key++) recent.put(1, `u${key}`, document(key));
    expect(recent.get(1, "ada")).toEqual(document(1));
    recent.remove(1, "ada");
    expect(recent.get(1, "ada")).toBeUndefined();
    recent.clear();
    expect(recent.get(1, "u44")).toBeUndefined();
  });

  it("take no more memory than they may, and those written last stay", () => {
    const recent = new RecentDocuments(100_000);
    const found = () =>
      Array.from({ length: 1_000 }, (_, key) => recent.get(1, `u${key}`)).filter(Boolean);
    for (let key = 0; key < 1_000; key++) {
      recent.put(1, `u${key}`, document(key, 1_000));
      expect(recent.get(1, `u${key}`)?.key).toBe(key);
    }
    const bytes = found().reduce((sum, each) => sum + (each?.propertiesJson.length ?? 0) * 2, 0);
    expect(bytes).toBeLessThanOrEqual(100_000);
    expect(bytes).toBeGreaterThan(40_000);
    const before = found();
    recent.put(1, "u999", document(0, 200_000));
    expect(recent.get(1, "u999")).toBeUndefined();
    expect(found()).toEqual(before.slice(0, -1));
  });

  it("of one profile that is written again and again push no others out", () => {
    const recent = new RecentDocuments(10_000);
    recent.put(1, "ada", document(1));
    for (let round = 0; round < 10_000; round++) recent.put(1, "bob", document(2, 100));
    expect(recent.get(1, "ada")).toEqual(document(1));
  });

  it("have so much memory as is said", () => {
    expect(RECENT_BYTES_MAX).toBe(33_554_432);
  });
});
