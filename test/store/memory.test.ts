import { MemoryStore } from "../../src/store/memory.ts";
import { testStore } from "../suites/store.suite.ts";

testStore("memory", async () => new MemoryStore());
