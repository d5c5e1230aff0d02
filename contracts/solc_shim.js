#!/usr/bin/env node
// A `solc` for Forge and Slither, made of the one that npm installs: answers --version and --standard-json.
// Sources come inside the question or from the folder that it is asked in; nothing is downloaded.
"use strict";

const { readFileSync } = require("node:fs");
const { resolve } = require("node:path");
const solc = require("solc");

function find(name) {
  try {
    return { contents: readFileSync(resolve(name), "utf8") };
  } catch (error) {
    return { error: `${name}: ${error.code}` };
  }
}

const asked = process.argv.slice(2);
if (asked.includes("--version")) {
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`);
} else if (asked.includes("--standard-json")) {
  process.stdout.write(solc.compile(readFileSync(0, "utf8"), { import: find }));
} else {
  console.error(`expected --version or --standard-json; found ${asked.join(" ") || "nothing"}`);
  process.exitCode = 2;
}
