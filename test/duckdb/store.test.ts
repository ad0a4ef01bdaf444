import { DuckdbStore } from "../../src/duckdb/store.ts";
import { testStore } from "../suites/store.suite.ts";

testStore("DuckDB", () => DuckdbStore.open(":memory:"));
testStore("DuckDB, one property with columns", () =>
  DuckdbStore.open(":memory:", { columnPropertiesMax: 1 }),
);
