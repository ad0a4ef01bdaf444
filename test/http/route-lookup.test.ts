import { describe, expect, it } from "vitest";
import { fitsPath, type Route } from "../../src/http/route.ts";
import { routesAt } from "../../src/http/route-lookup.ts";
import { ROUTES } from "../../src/http/routes.ts";

/** The routes that have a path, looked for one by one. */
function routesFitting(path: string): readonly Route[] {
  return ROUTES.filter(({ paths, aliases }) =>
    [...paths, ...aliases].some((pattern) => fitsPath(pattern, path)),
  );
}

const PATTERNS = ROUTES.flatMap(({ paths, aliases }) => [...paths, ...aliases]);

describe("the routes at a path", () => {
  it.each([...new Set(PATTERNS)])(
    "are those of %s, with a slash at its end and without",
    (pattern) => {
      const path = pattern.replaceAll(/:[^/]+/g, "17");
      const found = routesAt(path);
      expect(found.length).toBeGreaterThan(0);
      expect(found).toEqual(routesFitting(path));
      expect(routesAt(`${path}/`)).toEqual(found);
    },
  );

  it.each(["/", "/nowhere", "/api/query/engage/query/more", "/api/app/projects//cohorts", ""])(
    "are none for %j",
    (path) => {
      expect(routesAt(path)).toEqual([]);
    },
  );
});
