// Compiles ModelAnchor.sol into ModelAnchor.json; with --check, says whether the committed file is what comes out.
// The bytecode carries no metadata, so it depends on the code alone: not on paths, comments or the day.
"use strict";

const { createHash } = require("node:crypto");
const { readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { keccak256 } = require("js-sha3");
const solc = require("solc");

const SOURCE = "ModelAnchor.sol";
const OUTPUT = join(__dirname, "ModelAnchor.json");

const input = {
  language: "Solidity",
  sources: { [SOURCE]: { content: readFileSync(join(__dirname, SOURCE), "utf8") } },
  settings: {
    // Ganache stops at shanghai: newer bytecode deploys, then dies at its first MCOPY.
    evmVersion: "shanghai",
    viaIR: true,
    optimizer: { enabled: true, runs: 10000 },
    metadata: { bytecodeHash: "none", appendCBOR: false },
    outputSelection: { [SOURCE]: { ModelAnchor: ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
  },
};

function compile() {
  const text = JSON.stringify(input);
  const output = JSON.parse(solc.compile(text));
  const messages = output.errors ?? [];
  if (messages.length > 0) throw new Error(messages.map((message) => message.formattedMessage).join("\n"));
  const { abi, evm } = output.contracts[SOURCE].ModelAnchor;
  return {
    contract: "ModelAnchor",
    compiler: solc.version(),
    input_sha256: createHash("sha256").update(text).digest("hex"),
    code_hash: "0x" + keccak256(Buffer.from(evm.deployedBytecode.object, "hex")),
    bytecode: "0x" + evm.bytecode.object,
    abi,
  };
}

const text = JSON.stringify(compile(), null, 1) + "\n";
if (!process.argv.includes("--check")) {
  writeFileSync(OUTPUT, text);
} else if (readFileSync(OUTPUT, "utf8") !== text) {
  console.error("expected ModelAnchor.json as compiled; found another; run `node contracts/compile.js`");
  process.exit(1);
}
