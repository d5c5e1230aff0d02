// Compiles many versions of ModelAnchor.sol in one process: a JSON list of sources on standard input, a JSON list of
// creation codes on standard output, null for a source that does not compile. Not optimised, which is twice as fast.
"use strict";

const { readFileSync } = require("node:fs");
const solc = require("solc");

const SOURCE = "ModelAnchor.sol";

function compile(content) {
  const input = {
    language: "Solidity",
    sources: { [SOURCE]: { content } },
    settings: {
      evmVersion: "shanghai",
      metadata: { bytecodeHash: "none", appendCBOR: false },
      outputSelection: { [SOURCE]: { ModelAnchor: ["evm.bytecode.object"] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  return output.contracts?.[SOURCE]?.ModelAnchor?.evm.bytecode.object || null;
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(compile)));
