// The npm compiler kept in memory: one standard JSON a line in, one line out.
"use strict";
const path = require("path");
const readline = require("readline");

console.log = () => {}; // the package prints lines of its own
const listeners = process.listeners("uncaughtException");
const solc = require(path.join(process.argv[2], "solc"));
process.removeAllListeners("uncaughtException"); // Emscripten's handlers hide errors
listeners.forEach((listener) => process.on("uncaughtException", listener));

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(JSON.stringify(JSON.parse(solc.compile(line))) + "\n");
});
