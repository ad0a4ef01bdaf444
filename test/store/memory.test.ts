import { MemoryStore } from "../../src/store/memory.ts";
import { testEventStore, testStore } from "../suites/store.suite.ts";

testStore("memory", async () => new MemoryStore());
testEventStore("memory", async () => new MemoryStore());
