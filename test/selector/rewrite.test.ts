import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rewrite } from "../../src/selector/rewrite.ts";
import { compile, print } from "../../src/selector/selector.ts";
import type { Expression } from "../../src/selector/syntax.ts";
import { arbitrarySelector } from "../support/selector-arbitraries.ts";

const SCOPE = { behaviors: new Set(["b"]), event: false };

function parsed(source: string): Expression {
  const selector = compile(source, SCOPE);
  if (selector === undefined) throw new Error("blank");
  return selector.expression;
}

/** Every property is another one, every cohort is nobody. */
function renamed(expression: Expression): Expression {
  return rewrite(expression, (leaf) =>
    leaf.kind === "cohort"
      ? { kind: "literal", value: false, span: leaf.span }
      : { ...leaf, name: `${leaf.name}!` },
  );
}

describe("rewriting", () => {
  it.each([
    ['properties["a"] + -user["b"] > 1', 'properties["a!"] + -user["b!"] > 1'],
    ['behaviors["b"] > 0 and not cohort("x")', 'behaviors["b!"] > 0 and not false'],
    [
      'any(X, properties["a"], X["m"] == user["b"])',
      'any(X, properties["a!"], X["m"] == user["b!"])',
    ],
    [
      '["x", properties["a"]][0] in lower(user["b"])',
      '["x", properties["a!"]][0] in lower(user["b!"])',
    ],
    ['if(cohort(1), NOW, properties["a"]["m"])', 'if(false, NOW, properties["a!"]["m"])'],
  ])("%s gives %s", (source, printed) => {
    expect(print(renamed(parsed(source)))).toBe(printed);
  });

  it("of nothing gives the same object", () => {
    fc.assert(
      fc.property(arbitrarySelector(["a", "b"]), (tree) => {
        expect(rewrite(tree, () => undefined)).toBe(tree);
      }),
    );
  });

  it("there and back gives the same text", () => {
    fc.assert(
      fc.property(arbitrarySelector(["a", "b"]), (tree) => {
        const back = rewrite(renamed(tree), (leaf) =>
          leaf.kind === "accessor" ? { ...leaf, name: leaf.name.slice(0, -1) } : undefined,
        );
        expect(print(back)).toBe(print(tree));
      }),
    );
  });

  it("walks long chains", () => {
    let tree = parsed('properties["a"] == 1');
    const span = { start: 0, end: 0 };
    const right = parsed('user["b"] == 2');
    for (let count = 0; count < 100_000; count++) {
      tree = { kind: "binary", operator: "or", left: tree, right, span };
    }
    expect(rewrite(tree, () => undefined)).toBe(tree);
    expect(print(renamed(tree)).startsWith('properties["a!"] == 1 or user["b!"] == 2 or')).toBe(
      true,
    );
  });
});
