/**
 * An address as the routes that have it, or as what is said of one that nothing answers.
 *
 * @module
 */
import { fail, type WhomError } from "../errors/error.ts";
import { shownTarget } from "./request-target.ts";
import { type Family, fitsPath, type Method, type Route } from "./route.ts";
import { ROUTES } from "./routes.ts";

/** By each path without parts that stand for any text: the routes that it fits. Every request asks for one. */
const FIXED: ReadonlyMap<string, readonly Route[]> = new Map(
  ROUTES.flatMap(patternsOf)
    .filter((pattern) => !pattern.includes(":"))
    .map((path) => [path, routesFitting(path, ROUTES)]),
);

/** The routes that have a path with parts that stand for any text. */
const VARIABLE: readonly Route[] = ROUTES.filter((route) =>
  patternsOf(route).some((pattern) => pattern.includes(":")),
);

/** The routes that have a path. */
export function routesAt(path: string): readonly Route[] {
  const wanted = withoutSlash(path);
  return FIXED.get(wanted) ?? routesFitting(wanted, VARIABLE);
}

function routesFitting(path: string, routes: readonly Route[]): readonly Route[] {
  return routes.filter((route) => patternsOf(route).some((pattern) => fitsPath(pattern, path)));
}

function patternsOf({ paths, aliases }: Route): readonly string[] {
  return [...paths, ...aliases];
}

/** Whose failures an address answers with, also where it has no route. */
export function familyOf(path: string): Family | undefined {
  if (/^\/(?:api\/app|organizations|projects|settings)(?:\/|$)/.test(path)) return "app";
  return path.startsWith("/api/") ? "query" : undefined;
}

/** What is said of a request that no route answers. */
export interface MissedRoute {
  /** What the path can be asked by; empty for a path that nothing answers. */
  readonly methods: readonly string[];
  readonly failure: WhomError;
}

/** Why no route answers a request. */
export function missedRoute(method: string, path: string): MissedRoute {
  const allowed = [...new Set(routesAt(path).flatMap(({ methods }) => methods))];
  if (allowed.length === 0) return { methods: [], failure: notFound(path) };
  const failure = fail("query.method_not_allowed", { method, allowed: allowed.join(", ") });
  return { methods: withHead(allowed), failure };
}

function withHead(methods: readonly Method[]): readonly string[] {
  return [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"];
}

function notFound(path: string): WhomError {
  if (/^\/api\/(?:query|2\.0)(?:\/|$)/.test(path)) return fail("query.invalid_endpoint", {});
  const shown = familyOf(path) === "app" ? path : withoutSlash(path);
  return fail("request.not_found", { path: shownTarget(shown) });
}

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
