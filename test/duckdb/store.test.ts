import { DuckdbStore } from "../../src/duckdb/store.ts";
import { testEventStore, testStore } from "../suites/store.suite.ts";

testStore("DuckDB", () => DuckdbStore.open(":memory:"));
testEventStore("DuckDB", () => DuckdbStore.open(":memory:"));
testEventStore("DuckDB, no property with columns", () =>
  DuckdbStore.open(":memory:", { columnPropertiesMax: 0 }),
);
testStore("DuckDB, one property with columns", () =>
  DuckdbStore.open(":memory:", { columnPropertiesMax: 1 }),
);
