#!/usr/bin/env node
// The npm compiler behaving like a native `solc --standard-json`: for py-solc-x, forge, slither and halmos.
// Sources must be inside the JSON (all four do so). node_modules: ABST_NODE_MODULES, else the nearest one
// that has solc, walking up from this file and then from the working directory.
"use strict";
const fs = require("fs");
const path = require("path");

function nodeModules() {
  if (process.env.ABST_NODE_MODULES) return process.env.ABST_NODE_MODULES;
  for (const start of [__dirname, process.cwd()]) {
    for (let folder = start; ; folder = path.dirname(folder)) {
      const candidate = path.join(folder, "node_modules");
      if (fs.existsSync(path.join(candidate, "solc", "package.json"))) return candidate;
      if (folder === path.dirname(folder)) break;
    }
  }
  process.stderr.write("Error: the npm package solc was not found; run make\n");
  process.exit(1);
}

const folder = path.join(path.resolve(nodeModules()), "solc");

const version = process.argv.includes("--version");
if (!version && !process.argv.includes("--standard-json")) {
  process.stderr.write("Error: this launcher answers --version and --standard-json only\n");
  process.exit(1);
}

const listeners = process.listeners("uncaughtException");
const log = console.log;
console.log = () => {}; // the package prints a line of its own, which would spoil the JSON
const solc = require(folder);
process.removeAllListeners("uncaughtException"); // Emscripten's handlers hide errors
listeners.forEach((listener) => process.on("uncaughtException", listener));
const answer = version
  ? `solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`
  : solc.compile(fs.readFileSync(0, "utf8"));
console.log = log;
process.stdout.write(answer);
