#!/usr/bin/env node
/**
 * Starts the command line: checks what must hold before any module loads.
 *
 * The engine runs its queries on libuv's thread pool, whose size is read once, so it is set here. With the
 * usual 4 threads a look-up would wait behind 4 heavy queries.
 */
"use strict";

const { existsSync } = require("node:fs");
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");

const THREADS = "32";
const NODE_MAJOR_MIN = 20;
const NODE_MINOR_MIN = 19;

process.env.UV_THREADPOOL_SIZE ??= THREADS;

function refuse(message, hint) {
  process.stderr.write(`error: ${message}\nhint: ${hint}\n`);
  process.exit(3);
}

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < NODE_MAJOR_MIN || (major === NODE_MAJOR_MIN && minor < NODE_MINOR_MIN)) {
  refuse(
    `Whom needs Node.js ${NODE_MAJOR_MIN}.${NODE_MINOR_MIN} or newer, found ${process.versions.node}`,
    "install a newer Node.js from https://nodejs.org",
  );
}

const entry = join(__dirname, "..", "dist", "cli", "main.js");
if (!existsSync(entry)) refuse("Whom is not built here", "run: npm run build");

import(pathToFileURL(entry).href).catch((error) => {
  refuse(`Whom cannot start: ${error.message}`, "run: npm ci");
});
