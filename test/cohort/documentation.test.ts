import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseLength } from "../../src/event/window.ts";
import { plain, rowsWith } from "../support/markdown-table.ts";
import { groupOf, meant } from "./support.ts";

const PAGE = readFileSync("docs/cohorts.md", "utf8");

describe("docs/cohorts.md", () => {
  const definitions = [
    ...PAGE.matchAll(/```json definition\n(.*?)```\s+```selector\n(.*?)\n```/gs),
  ].map(([, json = "", selector = ""]) => [selector, json] as const);

  it.each(definitions)("has a definition that means %s", (selector, json) => {
    expect(meant(JSON.parse(json))).toBe(selector);
  });

  it("shows a selector for each definition", () => {
    expect(definitions.length).toBeGreaterThan(0);
    expect(PAGE.match(/```json definition/g)).toHaveLength(definitions.length);
  });

  const operators = rowsWith(PAGE, "operator", "value", "type", "selector").flatMap((row) =>
    [...(row.get("operator") ?? "").matchAll(/`([^`]+)`/g)].map(
      ([, operator = ""]) =>
        [operator, plain(row, "value"), row.get("type"), plain(row, "selector")] as const,
    ),
  );

  it.each(operators)("says what %s %s of a %s is", (filterOperator, value, type, selector) => {
    const filter = {
      resourceType: "user",
      propertyName: "p",
      propertyType: type,
      propertyDefaultType: type,
      filterOperator,
      filterValue: value === "" ? null : (JSON.parse(value) as unknown),
    };
    expect(meant(groupOf(filter))).toBe(selector);
  });

  it("has a row for each filter operator", () => {
    expect(operators.length).toBeGreaterThan(30);
  });
});

describe("docs/behaviors.md", () => {
  const windows = rowsWith(readFileSync("docs/behaviors.md", "utf8"), "written", "means").flatMap(
    (row) =>
      [...(row.get("written") ?? "").matchAll(/`"?(\d+[a-z]*)"?`/g)].map(([, text = ""]) => text),
  );

  it.each(windows)("names %s as a length of time", (window) => {
    expect(parseLength(window)).toBeGreaterThan(0);
  });

  it("names several", () => {
    expect(windows.length).toBeGreaterThan(6);
  });
});
