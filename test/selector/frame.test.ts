import { describe, expect, it } from "vitest";
import { fail } from "../../src/errors/error.ts";
import { FRAME_WIDTH_MAX, frame } from "../../src/selector/frame.ts";
import { errorOf } from "../support/selector.ts";

describe("frame", () => {
  it("marks the place", () => {
    expect(frame(errorOf('defined(properties["a"], 1) and true'))).toMatchInlineSnapshot(`
      "defined() takes 1 argument, found 2
        |
      1 | defined(properties["a"], 1) and true
        | ^^^^^^^^^^^^^^^^^^^^^^^^^^^
        = give defined() 1 argument"
    `);
  });

  it("marks the end", () => {
    expect(frame(errorOf('properties["seats"] >'))).toMatchInlineSnapshot(`
      "expected a value, found the end
        |
      1 | properties["seats"] >
        |                      ^
        = put a value here"
    `);
  });

  it("shows the line of several that the place begins in", () => {
    const lines = Array.from({ length: 9 }, () => "1 == 1 and");
    expect(frame(errorOf([...lines, "\tfoo > (1", ")"].join("\n")))).toMatchInlineSnapshot(`
      "unknown name foo
         |
      10 |  foo > (1
         |  ^^^
        = write properties["foo"] for a property, "…" for text"
    `);
  });

  it("ends the mark with the line", () => {
    const text = frame(errorOf("defined(1,\n2)"));
    expect(text.split("\n").slice(1, 4)).toEqual(["  |", "1 | defined(1,", "  | ^^^^^^^^^^"]);
  });

  it("cuts a long line around the mark", () => {
    const source = `${"1 == 1 and ".repeat(20)}foo and ${"1 == 1 and ".repeat(20)}true`;
    const [, , line = "", marks = ""] = frame(errorOf(source)).split("\n");
    expect(line).toMatch(/^1 \| ….*foo and .*…$/);
    expect(line.length).toBeLessThanOrEqual(FRAME_WIDTH_MAX + 6);
    expect(line.slice(marks.indexOf("^"), marks.lastIndexOf("^") + 1)).toBe("foo");
  });

  it("shows a mark that is longer than a line", () => {
    const [, , line = "", marks = ""] = frame(errorOf("x".repeat(1000))).split("\n");
    expect(line.length).toBeLessThanOrEqual(FRAME_WIDTH_MAX + 6);
    expect(marks.length).toBeLessThanOrEqual(line.length);
  });

  it("counts columns as a terminal does", () => {
    const marksOf = (source: string) => frame(errorOf(source)).split("\n")[3];
    expect(marksOf('"\u{1f600}\u{1f600}" == foo')).toBe(`  | ${" ".repeat(10)}^^^`);
    expect(marksOf('"日本" == foo')).toBe(`  | ${" ".repeat(10)}^^^`);
    expect(marksOf('"e\u0301" == foo')).toBe(`  | ${" ".repeat(7)}^^^`);
    expect(marksOf('defined("日本", 1)')).toBe(`  | ${"^".repeat(18)}`);
  });

  it("sends no control characters to the terminal", () => {
    expect(frame(errorOf('"\u001b[2J\u202e\r" == foo'))).toContain(
      '"\ufffd[2J\ufffd\ufffd" == foo',
    );
  });

  it("has message and hint alone without a place", () => {
    expect(frame(fail("project.exists", { name: "shop" }))).toBe(
      "a project named shop already exists\n  = choose another name",
    );
  });
});
