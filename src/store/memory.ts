/**
 * The reference store: profiles in maps, read by the reference evaluator and written by the reference `apply`.
 *
 * It is the meaning that engines are compared with, and enough for a test or a demonstration: it keeps
 * nothing, and a query looks at every profile of its scope.
 *
 * @module
 */
import { applyUpdate } from "../profile/apply.ts";
import { nameScope, type Profile, type Scope } from "../profile/profile.ts";
import { propertiesToJson, shownProperties } from "../profile/record.ts";
import type { ProfileUpdate } from "../profile/update.ts";
import type { ProfileQuery, SortOrder } from "../query/query.ts";
import { type EvaluationContext, evaluate, selects } from "../selector/selector.ts";
import { orderText } from "../values/text.ts";
import { orderSortKeys } from "./order.ts";
import type {
  Explanation,
  ProfileKeys,
  ProfileRow,
  PropertySummary,
  ScopedUpdates,
  Store,
  UpdateRejection,
} from "./store.ts";
import { profileSubject } from "./subject.ts";
import { summarizeProperties } from "./summary.ts";

interface Entry {
  readonly key: number;
  readonly profile: Profile;
}

interface Profiles {
  readonly byId: Map<string, Entry>;
  readonly byKey: Map<number, Entry>;
  nextKey: number;
}

/** A store in memory. */
export class MemoryStore implements Store {
  readonly #scopes = new Map<string, Profiles>();
  readonly #groupKeys = new Map<number, Set<string>>();

  async apply(batches: readonly ScopedUpdates[]): Promise<readonly UpdateRejection[]> {
    const rejections: UpdateRejection[] = [];
    for (const [batch, { scope, updates }] of batches.entries()) {
      const profiles = this.#open(scope);
      for (const [index, update] of updates.entries()) {
        const message = applyTo(profiles, update);
        if (message !== undefined) rejections.push({ batch, index, message });
      }
    }
    return rejections;
  }

  async select(query: ProfileQuery, signal?: AbortSignal): Promise<ProfileKeys> {
    return Uint32Array.from(this.#selected(query, signal), ({ key }) => key);
  }

  async count(query: ProfileQuery, signal?: AbortSignal): Promise<number> {
    return this.#selected(query, signal).length;
  }

  async read(scope: Scope, keys: ProfileKeys): Promise<readonly ProfileRow[]> {
    const byKey = this.#scopes.get(nameScope(scope))?.byKey;
    const rows: ProfileRow[] = [];
    for (const key of keys) {
      const entry = byKey?.get(key);
      if (entry === undefined) continue;
      const { distinctId, properties } = entry.profile;
      const propertiesJson = shownProperties(scope, distinctId, propertiesToJson(properties));
      rows.push({ key, distinctId, propertiesJson });
    }
    return rows;
  }

  async properties(scope: Scope, limit: number): Promise<readonly PropertySummary[]> {
    const entries = this.#scopes.get(nameScope(scope))?.byId.values() ?? [];
    const properties = Array.from(entries, ({ profile }) => profile.properties);
    return summarizeProperties(properties).slice(0, limit);
  }

  groupKeys(projectId: number): readonly string[] {
    return [...(this.#groupKeys.get(projectId) ?? [])];
  }

  async explain(query: ProfileQuery): Promise<Explanation> {
    return { statement: "", parameters: [], residual: query.selectors.length > 0 };
  }

  async close(): Promise<void> {
    this.#scopes.clear();
    this.#groupKeys.clear();
  }

  /** The profiles of a scope, made if it has none yet. */
  #open(scope: Scope): Profiles {
    const name = nameScope(scope);
    const known = this.#scopes.get(name);
    if (known !== undefined) return known;
    const profiles: Profiles = { byId: new Map(), byKey: new Map(), nextKey: 1 };
    this.#scopes.set(name, profiles);
    if (scope.groupKey !== undefined) {
      const groupKeys = this.#groupKeys.get(scope.projectId) ?? new Set();
      this.#groupKeys.set(scope.projectId, groupKeys.add(scope.groupKey));
    }
    return profiles;
  }

  #selected(query: ProfileQuery, signal: AbortSignal | undefined): readonly Entry[] {
    signal?.throwIfAborted();
    const profiles = this.#scopes.get(nameScope(query.scope));
    if (profiles === undefined) return [];
    const context: EvaluationContext = {
      nowSeconds: query.asOfSeconds,
      timeZone: query.timeZone,
    };
    const found = candidates(profiles, query.distinctIds).filter(({ profile }) => {
      const subject = profileSubject(profile, query.scope);
      return query.selectors.every((selector) => selects(selector, subject, context));
    });
    found.sort(orderById);
    const ordered =
      query.sort === undefined ? found : sortEntries(found, query.sort, query.scope, context);
    return query.limit === undefined ? ordered : ordered.slice(0, query.limit);
  }
}

/** Applies one update; says why when it cannot. */
function applyTo(profiles: Profiles, update: ProfileUpdate): string | undefined {
  const { distinctId } = update;
  const before = profiles.byId.get(distinctId);
  const applied = applyUpdate(before?.profile, update);
  if (applied.kind === "rejected") return applied.message;
  if (applied.profile === undefined) {
    profiles.byId.delete(distinctId);
    if (before !== undefined) profiles.byKey.delete(before.key);
    return undefined;
  }
  const entry: Entry = { key: before?.key ?? profiles.nextKey++, profile: applied.profile };
  profiles.byId.set(distinctId, entry);
  profiles.byKey.set(entry.key, entry);
  return undefined;
}

function candidates(profiles: Profiles, distinctIds: readonly string[] | undefined): Entry[] {
  if (distinctIds === undefined) return [...profiles.byId.values()];
  const found: Entry[] = [];
  for (const distinctId of new Set(distinctIds)) {
    const entry = profiles.byId.get(distinctId);
    if (entry !== undefined) found.push(entry);
  }
  return found;
}

function orderById(left: Entry, right: Entry): number {
  return orderText(left.profile.distinctId, right.profile.distinctId);
}

/** Sorts by a key; entries that tie stay in the order they come in. */
function sortEntries(
  entries: readonly Entry[],
  { key, descending }: SortOrder,
  scope: Scope,
  context: EvaluationContext,
): readonly Entry[] {
  const keyed = entries.map((entry) => ({
    entry,
    value: evaluate(key.expression, profileSubject(entry.profile, scope), context),
  }));
  keyed.sort((left, right) => orderSortKeys(left.value, right.value, descending));
  return keyed.map(({ entry }) => entry);
}
